"""The 2,048 words keys are spelled in: plain English, four to eight letters, no two alike in their first four letters
or only one letter, or one pair of swapped letters, apart. A word's number is its place, from 0.

The list never changes: a changed word would make written-down keys unreadable.
Spec: docs/spec/words.md. Vectors: tests/vectors/words/.
"""

from typing import Final

_TEXT: Final = """
abacus abbey abide ability aboard abound above abridge abroad abrupt absent absorb academy accent acclaim accord
acetone achieve acid acorn acquire acre across action actor actual adapt address adhere adjust admire adobe adrift
adult advance adverb advice aerial afar affair affect affirm afford afield afloat afraid after again agate agenda
agile agitate agree ahead ailment airline airport alarm album alchemy alcove alert alfalfa algae alias alibi alike
allow almanac almond aloe aloft alpaca alpine already also always amateur amaze amber amble amend amnesty amount
amuse anagram analogy anatomy anchor android anemone anger angle animal anise annex annual answer anthem antique
antler anvil anxious anybody anyway apart apiary apology apparel appeal apple approve apron aqua arable arcade arch
arctic arduous area argue armor army aroma arrange arrive arrow arsenal artery artist ascend ashes ashore asleep
aspen asphalt aspire assist astute athlete atlas atom attach attend attic auburn audio august aunt aurora austere
author autumn avenue average avoid awake award away awesome awkward awning axis axle azalea azure back badge bagel
bakery balance balcony ballad bamboo banana bandage banjo banner bargain barley barn barrel bashful basil basket
bassoon batch bazaar bazooka beak beard beast because become bedroom beef beehive beetle before begin beguile behave
behind beige belief bell below bench bend benefit benign berry beside bespoke bestow betray beyond biceps bicycle
bifocal bigfoot bike billow binary binder biology biplane birch bird biscuit bisect bishop bison bitter bizarre
bladder blaze blemish blink blister bloom blossom blouse blubber blue bluff blunt blurry boat bobbin bobcat bodily
body bold bolster bonfire bonnet bonus book boost border boredom borrow botany both bottle boulder bounce bouquet
bovine bowl boxer boycott brain branch brave brazen bread breeze brick brief bright brittle bronze brother brown
bruise brush bubble bucket budget buffalo bugle build bulb bumper bundle bunny buoy burden bureau burger burlap
bursar bustle butler buyer buzz bypass byway cabbage cabin cable cactus cadet calcium calf calico callus camel camp
canal candle cannon canoe canvas capable cape capital captain caramel carbon cargo caribou carpet carrot carve
cascade cashew castle casual catalog cause cedar ceiling celery cement center ceramic cereal certain chair chalk
chamber channel chapel chart chase check cheese cherry chess chicken chief chimney chive choice chorus chuckle chunk
church cider cinema circle citrus city civic claim clasp clay clean clerk clever cliff climb clinic clock cloth
cloud club cluster coach coast cobalt cobra coconut code coexist coffee coin collar colony column combine comet
comfort comic common compass concert condor conga connect consent control convoy cookie cool copilot copper copy
coral cord corner correct cosmos costume cottage cougar council couple course cousin coyote crab cradle craft crane
crater crayon cream credit crew cricket crimson crisp critic crocus crop crouton crowd crucial crumb crunch crust
cryptic crystal cube cuckoo cuddle culture curb curious current cushion custom cutlery cyan cycle cypress dabble
daily damsel dance daring dash data dawn dazzle deal debate decade decline decor deer default defend degree delay
delta demand denim dense dentist depart depth deputy derby derive desert design desk destiny detail detour develop
device devote diagram dialog diamond diary dictate diesel differ digest digital dignity dill dimple dinner diploma
direct dirt distant ditch divide doctor dogwood dolphin domain domino donate donkey door dosage double dough dove
dozen dragon drama draw dress dribble drink drizzle drought drum dryer duck duet dugout dune duty dwarf dwell
dwindle each eager eagle early earnest earring earth easel easy ebony echo eclipse ecology economy edge edible edit
educate effort either elapse elastic elbow elder eleven elite else elusive embark emblem embrace emerald emotion
empire employ empty enable enamel enchant encore endless endorse endure energy enforce engage engine enjoy enlarge
enough enrich enroll entire entry environ enzyme epic episode equal equip erase erosion errand escape escort essay
estate eternal ethics ethnic evening ever evident evolve exact exceed excite excuse execute exhale exhibit exist
exotic expand expert explore express extra eyebrow fabric facade fact faculty fade fairy faith falafel falcon fall
false family famous fancy fanfare farm fashion fasten fatigue faucet fault favor feather federal feeling fellow
fence fennel ferment fern fertile fetch fiber fiddle fierce fiesta fifteen figure filming filter final finch finger
finish fire first fish fitness fixture flag flame flannel flash fleet flicker flight flint flipper flood florist
flower fluent fluffy fluid flute foam focus foil folder fond foot forest forget fork formal forum fossil foster four
fragile freckle free freight fresh friend frigate fringe frog front frozen frugal fruit fuchsia fudge fuel furlong
furnace furrow fusion future fuzzy gadget galaxy galore gambit game gander garage garden garlic garment garnish
gather gauge gazelle gear gecko gelatin general genius gentle genuine geology gerbil gesture geyser ghost giant gift
giggle giraffe girl give gizmo glacier glad glance glass gleam glide glimmer glitter globe glory gnome goal goblet
gondola good goose gopher gorilla gospel gossip gourmet govern gown grace grammar grand gravel green gremlin grid
grill grizzly grocery groove grotto group grow grumble guard guava guess guitar gulf gully gumdrop gust gutter habit
haggle halibut hallway halo hamlet hammer hand happy harbor harmony harp harvest haven hawk hazel health heap heart
heavy height helium hello helmet hemlock herald herb herring hexagon hiccup hickory hidden high hinge hint hippo
history hobby hockey hoist hollow home honest horizon horn horse hostel hotdog hover human humble humid hummus humor
hundred hungry hurdle hurry husband husky hybrid hyena hymn hyphen iceberg icicle icing icon idea idiom igloo ignite
iguana image imitate immense immune impact import impress impulse include income index indigo indoor infant inflate
inform ingot inhale inherit initial inject injury inkwell inland inlet inning input inquire inside inspect intact
invent invite inward iodine iris isolate issue italic item itself ivory jacket jaguar janitor january jasmine
javelin jazz jeans jeep jelly jersey jester jetty jewel jigsaw jingle joke journal jovial joyful jubilee judo juggle
juice jukebox july jump junior jurist kale karate karma kayak keen kelp kept kernel kettle keynote khaki kick kidney
kiln kind kinetic kingdom kiosk kitchen kite kitten kiwi knee knife knight knob knock knuckle koala kumquat label
labor lace lacquer ladle lady lagoon lamb lament large larva lasagna laser lasso last lattice laugh laundry laurel
lavish lawyer leader leaf league learn leash leave lecture leeway left legacy legend legible legume leisure lemon
length lens lentil leopard letter level liberty lichen lilac lily limit linden lion liquid liter little lizard llama
load lobster local lodge logic lonely long loop lorry lotion lotus lounge lucid lucky luggage lullaby lumber lunar
lunch luxury lyric macaw machine magenta magic magma magnet magpie main maize major make mallet mammal manage mango
mansion mantle manual maple marble margin marine market marsh martial marvel mascot mask mason matrix matter mauve
maximum maybe meadow mean measure media medley melody melt member memento memory mention menu merge merit mermaid
mesh message metal meteor method metro mice micro migrate mild mimic mimosa mineral minnow minor minute miracle
mirror mission misty mobile model module molar mole moment monarch monday money monitor monsoon month moon moped
morning mortar mosaic moss mother motor mound mouse movie much muddy muffin mundane muscle museum music muslin
mussel mute mutiny mutual muzzle myrtle myself myth nacho nail nanny napkin narwhal nasal nation nature navy nebula
neck nectar need nephew nerve network neutral newborn news next nibble nickel niece nine ninth nobody noise nomad
nominal noodle north notable note notice nourish nova novel nozzle nugget numeral nurse nutmeg nylon oasis oatmeal
obelisk object oblige oblong oboe obscure observe obtain obvious occupy ocean octagon october offer office often
okay olive olympic omega omelet omit onion online only onset onyx opal opaque open opera opinion option oracle
orange orbit orchard oregano organ orient origin oriole ornate ostrich outback outcome outdoor outer outfit outlet
output outside outward owner oxygen oyster ozone pacific package paddle page pagoda paint pajama palace palette palm
pancake panda panel panic pansy panther paper parade parcel parent park parlor parsley passage pasta path patient
patrol pattern payment peanut peasant pebble pecan pedal pelican penalty pencil penguin penny pensive people pepper
perch perfect perhaps period permit perplex person petite petunia phantom phone photo phrase physics piano pickle
picnic picture pigeon pigment pigtail pilgrim pink pioneer pipe pivot pixel pizza plain planet plate playful plaza
pledge plenty plot plum plunge plural pocket podcast podium poem police pollen polo pony popcorn poppy popular
portal post potato pottery pouch poultry powder prairie precise predict prefer premium prepare present pretzel price
primary prism private problem proceed profile program project promise pronoun proof proper protein proud prove prowl
prune public pudding pull pulse puma pupil puppet pure purple push pyramid python quail quality quantum quart quay
queen quench query quest quick quiet quill quince quiver quiz quota rabbit raccoon radar radio ragged raise rally
random rapid rapport rare rascal rattle ravine razor ready reason rebuild recall receive recipe reckon record
recycle reduce refine reflect refresh refuge regatta region regular rejoice relax release rely remain remedy remind
remnant remote render renew renown rent repair repeat report request rescue reserve resin respond result retire
retreat return reunion reveal review reward rhino rhubarb rhyme rhythm ribbon rich ricotta ridge rigid ring rinse
ripen ripple risk ritual rival river robin robot robust rodeo roll romance rose rotate route rowboat royal rubber
rubric ruby rudder ruffle ruin rule rummage runner runway rupture rural russet sacred safari safe saffron saga salad
saliva salmon salt salute salvage sample sapling sarcasm satin saturn sauce sauna sausage savanna savory savvy scale
scarf scatter scene school science scoop score scout screen script scroll scrub sculpt seafood search seat seclude
second secret section secure seek seesaw segment seldom select self senator senior sequel serene series sermon
serpent sesame session seven shaggy shallow shampoo shape shed sheep sherbet shield shift shimmer shine ship shiver
shoe should shovel shrewd shrimp sibling sienna sierra sign silent silicon silk silver similar since siphon sister
situate sixteen size sizzle skate skeptic sketch skill skipper skirt skunk skylark slalom slant sleigh slice slim
slither slogan slope slow slush small smart smile smoke smooth smudge snack snap snatch sneeze snippet snorkel snug
soccer social sock soda soft soldier solid solve somber sonar soothe sorbet sorrel soul source south space spatula
speak special speed spell sphere spider spike spin spiral splash split sponge spoon sport spray spring sprout spruce
spur square squeak squid stable stadium staff stage stay steady steel stellar stereo stew stick sting stir stool
stop stove strand stream strike strong studio stump sturdy stutter style subject sublime submit subtle suburb subway
succeed sudden sugar suggest suit summer sunday super surgeon surplus survey sushi sustain swamp swan swarm sweater
swerve switch swivel symbol syringe syrup system taco tadpole tailor talent talk tandem tangent tantrum tardy target
tariff tart tassel taste tattoo tavern tawny taxi teapot tease temper tenant tennis tenor tension term thank that
theater theme then theory thermal thick thimble thirty thistle thought thread thrive throne thrush thumb thunder
ticket tidal tidy tiger tight timber time timid tinsel tiptoe titan title today toddler toenail toggle token tomato
tone tongue tonic tooth topaz topple torch torrent total toucan toward tower trade traffic tragedy trail tram
trapeze trek tremor trend tribe trident trigger trilogy trio triumph trivia trolley trooper trot truck true trumpet
truth tsunami tucker tuesday tugboat tuition tulip tuna tundra tunnel turban turf turkey turnip turret turtle tutor
tuxedo tweed twelve twenty twice twig twirl twist tycoon type typhoon typical ukulele ultra unaware uncle uncover
under undo uneven unfair unfold unhappy unicorn unify unique unit unkind unless unlike unlock unpack unsure until
unusual unveil upbeat update upgrade uphill uphold upkeep uplift upon upper upright uproar upset upward uranium
urchin urge usage used useful useless usher usual utensil utility utmost utopia vacant vaccine vacuum vague valid
valley valve vapor various vase vector vehicle velvet vendor veneer venture veranda verdict verify verse vessel
veteran veto viable vibrant video view vigor viking villa vintage vinyl virtue visa visible visual vital vivid voice
volcano voltage volume voucher vowel voyage wafer waffle wagon waiter walnut walrus waltz want warrior wasp wayward
webpage weird welcome weld welfare west whale wharf wheat wheel where whirl whisk white wicker wide widget width
window winter wisdom wolf woman wombat wonder world worm wrangle wreath wren wrestle wrinkle wrist writing yacht
yard yield yoga yogurt young yummy zealous zebra zenith zephyr zero zigzag zinc zinnia zipper zircon zodiac zoology
zoom
"""

WORDLIST: Final = tuple(_TEXT.split())
