"""The gallery: what became of all objects, as one static web page that needs no server.

`collecting` asks the ledger which objects, `looking` makes a card, a thumbnail and details of each through its
`source`, `details` knows what its own page shows by lane, `writing` makes the page and its shards, and `places` are the
folder and the bucket that they are written to.
"""
