"""`scandrop cost`.

spent    what objects took, by the ledger's measurements
month    the forecast of a month, with what the environment costs while nothing comes
report   both, from the ledger and the state, with what is to be known before one trusts it
tables   how it is shown
"""
