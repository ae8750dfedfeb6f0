"""`scandrop cleanup`, and the first half of ``./deploy.sh destroy``.

holdings  what an environment holds that Terraform does not count: versions, log lines, messages
names     which of what begins as its parts do is its own
emptying  deleting that
table     how it is shown, and how it is asked about
"""
