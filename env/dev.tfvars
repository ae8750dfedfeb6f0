# Put your account's id here and in dev.backend.hcl.
environment = "dev"

environments = {
  dev = {
    aws_account_id       = "111111111111"
    deletion_protection  = false
    permissions_boundary = "scandrop-dev-boundary"
    region               = "eu-central-1"
  }
}
