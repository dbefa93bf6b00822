"""The members of a simulated village: what each kind of person does, on the peer that everybody else runs."""
