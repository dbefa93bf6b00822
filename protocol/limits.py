"""Every limit of the protocol, with its reason. A test in tests/protocol/test_limits.py stands just above each."""

from typing import Final

MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

# Entries
PAYLOAD_BYTES_MAX: Final = 65_536  # a listing with a long text is about 2 KiB; more is somebody else's storage
ENTRY_BYTES_MAX: Final = 160 + 64 + 16 + PAYLOAD_BYTES_MAX  # header with reference, signature, salt, payload
NESTING_MAX: Final = 8  # no body nests deeper than 4; a decoder must not recurse on a stranger's word
FUTURE_MS_MAX: Final = 10 * MINUTE  # desktops drift by minutes; beyond this an entry waits until its time has come
TIMESTAMP_MS_MAX: Final = 253_402_300_799_999  # the last millisecond of the year 9999, which every calendar prints
SEQ_MAX: Final = 2**63 - 1  # places in a log; databases count in signed 64 bits, and refuse what is beyond
GAP_ENTRIES_MAX: Final = 64  # entries held per log while an earlier one is missing; more is asked for again
FUTURE_ENTRIES_MAX: Final = 256  # entries held in all because their time has not come
UNVOUCHED_LOGS_MAX: Final = 64  # logs of devices that nobody has let in yet
UNVOUCHED_ENTRIES_MAX: Final = 3  # certificate, entrance and a profile: all a stranger may leave before being let in

# Words a member types
NAME_CHARS_MAX: Final = 60
KIND_CHARS_MAX: Final = 40
TITLE_CHARS_MAX: Final = 120
TEXT_CHARS_MAX: Final = 8_000
TAGS_MAX: Final = 12
WANTS_MAX: Final = 12
UNIT_CHARS_MAX: Final = 24
QUANTITY_MAX: Final = 10**12  # fits every ledger's integer, and a sum over 10^6 of them still fits 63 bits

# Listings
OPTIONS_MAX: Final = 12  # ways to have one thing: a list people can tick through
CELL_RES_MAX: Final = 7  # an H3 cell of 5 km²; anything finer gives away a street before an agreement
CELL_RES_DEFAULT: Final = 6  # 36 km²: a town
LISTING_MS_MAX: Final = 180 * DAY  # stale listings are what people complain about most; renew to keep one
LISTING_MS_DEFAULT: Final = 30 * DAY
BIDS_MAX: Final = 512  # in one count of what was bid for a need: one for each bidder, and a street has no more
BID_OPEN_MS: Final = 3 * DAY  # after the count a bidder's node has a weekend to be switched on and open its bid
BID_BOX_BYTES_MAX: Final = 49_152  # the longest loan, with who stands in for each part, has 43 KB

# Agreements
PARTIES_MAX: Final = 64
JOINS_MAX: Final = 256  # people in one open agreement: a street that buys together, not a town
VOTES_MAX: Final = 512  # in one close: beside the most joins and acceptances what names them still fits a payload
MOTION_VOTES_MAX: Final = 1_500  # in the close of a motion, which names nothing else: they fill a payload
MOTION_CLOSES_MAX: Final = (
    16  # of one motion that are looked at: an honest node says one, and each costs a count of all
)
SLOTS_MAX: Final = 8  # kinds of places: rider and driver, hours and flour and credit
TERMS_MAX: Final = 8  # commitments each join adds: gets a share, pays a price, lends a hand
STEPS_MAX: Final = 12  # price steps: a price list people can read
JOINED_MAX: Final = JOINS_MAX * TERMS_MAX  # commitments that come from joins
COMMITMENTS_MAX: Final = 256
ANSWER_MS_MAX: Final = 90 * DAY  # what a proposal holds is not available to others, so it can not be held for ever
DUE_MS_MAX: Final = 730 * DAY  # two years: a season ticket; longer is a new agreement
MEDIATION_DAYS_MAX: Final = 60  # what a dispute may add to an agreement's life
MEDIATION_DAYS_DEFAULT: Final = 14  # the first half for the mediator alone, the second for their backup too
CLOSE_MS: Final = DAY  # after the last could have joined the proposer's node has a day to be switched on and close
STAND_IN_MS: Final = 14 * DAY  # after something lent is late who stands in has so long; then it is in default
SETTLE_MS: Final = 7 * DAY  # a word on how to end it: long enough to be answered, too short to be forgotten
RECEIPT_MS: Final = 3 * DAY  # after the last due date the receiver still has a weekend to confirm
RATING_BLIND_MS: Final = 14 * DAY  # a sealed rating opens by then even when the other side stays silent

WORDS_CHARS_MAX: Final = 500  # said with a rating: a sentence or two, not a feud
BOX_BYTES_MAX: Final = 4_096  # a rating locked for its own author: the longest words in four-byte characters fit twice

# Communities
LISTS_MAX: Final = 8  # block lists a charter names: each is somebody whose word hides others from all
CHARTER_BYTES_MAX: Final = 8_192  # names, a unit and rules are under 1 KiB; the id of a community is the hash of all
INVITATION_CHARS_MAX: Final = 250  # still a QR code that a phone camera reads from a laptop screen
INVITATION_MS_MAX: Final = 30 * DAY
DEVICE_TEXT_CHARS_MAX: Final = 4_096  # a grant with a dozen addresses has about 1,000
DEVICE_TEXT_MS: Final = 7 * DAY  # how long a request to speak for somebody, and its answer, are good for
SHARES_MAX: Final = 16  # of one key among friends: what SLIP-39 can tell apart
HEIR_DAYS_MAX: Final = 60  # to wait before friends' word counts: who was away for longer had no way to protest
HEIR_DAYS: Final = 7  # if nothing else is said: one holiday, or one weekend and the week to find the old telephone
SUCCESSIONS_MAX: Final = 16  # of one member: each is repeated by others, and nobody loses their key every year
REPEATS_ENOUGH: Final = 3  # of a word about a member's key, by nodes of their partners: its date hangs on no single one
CREDIT_LIMIT_MAX: Final = 10**9
PARTNERS_FOR_ALL: Final = 5  # with so many who each paid enough a member can spend the most that can be earned
CONSENT_DAYS_MAX: Final = 365  # a standing word that nobody remembers giving is none
CIRCLE_PEOPLE_MAX: Final = 6  # all of them have to sign; of longer circles one is nearly always away
CIRCLE_PATHS_MAX: Final = 10_000  # chains of debts kept at a time: a search that is done while somebody waits

# Letters
PICTURE_BYTES_MAX: Final = 196_608  # 1,600 points wide as WebP; a letter with its picture is one frame, never in parts
LETTER_BYTES_MAX: Final = 245_760  # the longest words, a picture and 32 keys: under what a bulk frame is cut at
LETTER_DEVICES_MAX: Final = 32  # a letter is sealed to: 16 of the other's and as many of one's own
LETTER_MS_MAX: Final = 30 * DAY  # who was away for longer is written to again
LETTERS_A_DAY_MAX: Final = 200  # taken in from one member: a long evening's talk, and no flood
LETTERS_DAY_BYTES_MAX: Final = 16_777_216  # likewise: 80 pictures
LETTERS_WITH_ONE_MAX: Final = 5_000  # kept with one member; the oldest go first
LETTERS_WITH_ONE_BYTES_MAX: Final = 134_217_728
LETTERS_BYTES_MAX: Final = 1_073_741_824  # of all that others wrote; then the oldest go of who takes most of it
LETTERS_STRANGE_MAX: Final = 32  # by somebody not heard of yet, held until their log has come: 8 MB at most
LETTERS_STRANGE_MS: Final = HOUR  # for so long: by then a whole history has come over the slowest line
LETTERS_UNDER_WAY_MAX: Final = 16_384  # remembered at a time, those that were handed over too; 0.4 KB each
RECEIPTS_MAX: Final = 256  # in one frame: a true one costs a signature, 0.1 ms
ANSWERS_MAX: Final = 1_024  # in one frame
HANDED_MAX: Final = 256  # letters handed over at once; the next when the first are receipted
HAND_AGAIN_MS: Final = MINUTE  # a letter nobody said a word about, twice as long each time
HANDED_AGAIN_MAX: Final = 5  # half an hour of that; then at the next meeting
LEFT_WITH_MAX: Final = 3  # neighbours a letter is left with: one of them is likely on when its reader is
LEAVE_AFTER_MS: Final = 5_000  # a linked reader has so long to say that it came, before it is left with others too

# What a node keeps for others
MAILBOX_LETTERS_MAX: Final = 4_096
MAILBOX_BYTES_MAX: Final = 67_108_864
MAILBOX_FROM_LETTERS_MAX: Final = 64  # left by one member, as below: nobody can fill it alone
MAILBOX_FROM_BYTES_MAX: Final = 4_194_304
MAILBOX_TO_LETTERS_MAX: Final = 256  # waiting for one member
MAILBOX_TO_BYTES_MAX: Final = 16_777_216

# Documents from elsewhere (JSON-LD)
LINKED_NESTING_MAX: Final = 32  # a place of an open proposal in a graph nests 8 deep; reading one recurses
LINKED_BYTES_MAX: Final = 120_000  # of one that is read: it goes to the running node in one request
LINKED_NODES_MAX: Final = 10_000  # things in one document; 120,000 bytes hold a few thousand

# Frames and links
FRAME_BYTES_MAX: Final = 1_048_576
FRAME_ENTRIES_BYTES: Final = 262_144  # a bulk frame is cut here, so that a small frame behind it waits 3 ms, not 30
HEADS_MAX: Final = 10_000  # logs in one heads frame; a community is a few to ten thousand members
CARD_ENTRIES_MAX: Final = 2  # certificate and entrance: what a neighbour needs to let us read
ENTRIES_MAX: Final = 512  # in one frame: reading a true one costs 0.1 ms with its signature
RANGES_MAX: Final = 512  # log ranges in one want
WANT_ENTRIES_MAX: Final = 4_096  # entries asked of one neighbour at a time
ANNOUNCE_MAX: Final = 4_096  # ids in one announcement
RECENT_MAX: Final = 16_384  # entries whose short id we can still resolve when somebody asks by announcement
EAGER_MIN: Final = (
    2  # with one a node that stops cuts off those behind it until they pull; a third is a repeat of each entry
)
PRUNE_AGAIN: Final = 64  # repeats between two requests to stop pushing, once it was asked in vain: they need us
# Of one member's logs: ten a week for ten years. The whole log of a shop comes within minutes, and eight who flood take
# one hundred megabytes of a node's memory, not four.
MEMBER_ENTRIES_AT_ONCE: Final = 5_000
MEMBER_ENTRIES_PER_MINUTE: Final = 600  # after that: a shop at its busiest, and at most a gigabyte a day
PACE_BYTES: Final = 2_048  # of an entry that count as one more
PROOFS_MAX: Final = 256  # in one frame: a true one costs two signatures, 0.15 ms, and the loop stands for all of them
PROOFS_STRANGE_MAX: Final = 1_024  # about devices of which nothing was read: anybody can make up a device and fork it
PROOF_BYTES_MAX: Final = 4_096  # two headers with signatures and a path through a log of 2^60 entries fit twice
LATELY_BEHIND: Final = 1_000  # entries still to come, from which on open listings are shown first: fewer take a second
LATELY_MAX: Final = 512  # listings shown to a newcomer: more than anybody looks through before the rest is there
LATELY_OF_ONE_MAX: Final = 32  # of one author; a shop's others come with its log
LATELY_BYTES_MAX: Final = 4_194_304  # of all that is shown to a newcomer: 512 listings with long texts have 1 MiB

# The peer book
ADDRESSES_MAX: Final = 8  # of a device on one kind of network: two adapters in both versions of IP, four ways by relays
ADDRESS_CHARS_MAX: Final = 200  # through a relay, with an IPv6 address and two keys: 180
RECORD_BYTES_MAX: Final = 2_048  # eight of the longest addresses, the device, the signature
RECORD_MS: Final = 3 * DAY  # how long ours holds; signed anew at half of it, so who is off for a day is still found
RECORD_MS_MAX: Final = 7 * DAY  # what is older was moved from, more often than not
RECORD_EVERY_MS: Final = MINUTE  # a device's next record: nobody moves more often, and each goes to all
RECORDS_MAX: Final = 64  # in one frame
RECORDS_GREETED: Final = 64  # of others', to a new neighbour: enough to find eight who answer
RECORDS_CHECKED_MAX: Final = 512  # signatures looked at for one neighbour in a minute: 60 ms of them
RECORDS_OF_MEMBER_MAX: Final = 8  # near and far ones of four devices
RECORDS_STRANGE_MAX: Final = 256  # of devices not heard of yet, kept for a newcomer until the logs are there
RECORDS_KEPT_MAX: Final = 4_096  # in all, 2 MB; more than anybody could try in the days for which they hold
FORGET_AFTER_MS: Final = 30 * DAY  # after something is over its words are still looked for, for about a month
NEAR_LEVELS: Final = 5  # of the grid that two cells share: about 40 km around, who one might meet

# Waiting
LATELY_EVERY_MS: Final = MINUTE  # to work out what is open and near, for one neighbour: 10 ms for 2,000 open listings
LATELY_KEEP_MS: Final = HOUR  # of what was shown: by then a whole history has come over the slowest line
LATELY_WAIT_MS: Final = 20_000  # from asking what is open to asking again, of anybody; what comes later was not asked
LEASE_SETTLE_MS: Final = 5_000  # after one neighbour agreed on our log's head: links come up within two seconds
LEASE_CLAIM_MS: Final = 15_000  # to show one entry that a neighbour says we said; then it is taken for a lie
LEASE_CLAIMS_MAX: Final = 16  # neighbours whose bare word holds us, each once: at worst for four minutes in a run
# A frame costs a node a third of a millisecond however little it says, and five neighbours announce each entry. Only
# what a tree that tore without a word did not bring waits for this: not long after a silence, and in busy times until a
# handful can go together.
ANNOUNCE_AFTER_MS: Final = 500
ANNOUNCE_EVERY_MS: Final = 1_500
PULL_AFTER_MS: Final = 120  # an announced entry that was not pushed by then is asked for
ASK_AGAIN_MS: Final = 5_000  # a range asked of one neighbour is asked of another after this
ASKED_IN_VAIN_MAX: Final = 12  # times in a row, a minute: over the slowest line a bulk frame has come by then
HEAL_EVERY_MS: Final = 30_000  # with one neighbour after the other: whatever every other way missed
HEAL_DOUBLINGS: Final = 6  # of that while nothing happens, once all neighbours were told: 32 minutes
