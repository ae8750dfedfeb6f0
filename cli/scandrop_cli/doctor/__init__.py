"""`scandrop doctor`: what stands between an environment and its work, each with the command that mends it.

site       what is looked at: the checkout, the state, the clients; and what a finding is
machine    this machine and what was built on it
account    whose account it is, the state and its lock, the clock, quotas
drift      each resource as Terraform left it
lanes      functions, mappings, rules, queues
data       buckets, ledger, keys
watch      alarms, those that they tell, log groups
examine    all of them at once, each alone
"""
