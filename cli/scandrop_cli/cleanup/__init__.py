"""`scandrop cleanup`, and the first half of ``./deploy.sh destroy``.

holdings  what an environment holds that Terraform does not count: versions, log lines, messages
emptying  deleting that
table     how it is shown, and how it is asked about
"""
