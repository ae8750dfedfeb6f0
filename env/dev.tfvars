# Put your account's id here and in dev.backend.hcl.
# For made-up data: keys and records go through as they are, and a destroy takes all of it along.
# Its pseudonym key alone can be restored for 7 days: deployed anew before, it is to be given up first.
environment = "dev"

environments = {
  dev = {
    aws_account_id       = "111111111111"
    deletion_protection  = false
    permissions_boundary = "scandrop-dev-boundary"
    region               = "eu-central-1"
  }
}
