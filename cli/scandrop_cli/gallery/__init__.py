"""The gallery: what became of all objects, as one static web page that needs no server.

collecting   which objects, from the ledger
source       where one object's derivatives are read, and how the page can refer to them
looking      one object's card, thumbnail and details
details      what its own page shows, by lane
writing      the page and its shards
places       the folder or the bucket that they are written to
"""
