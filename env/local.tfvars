# The embedded AWS on this machine; env/local.env says where it listens.
environment = "local"

environments = {
  local = {
    architecture        = "host" # functions run in a process of this machine
    aws_account_id      = "000000000000"
    deletion_protection = false
    insights            = false # it has neither X-Ray groups nor saved queries
    region              = "us-east-1"
    tls_only            = false # it speaks plain HTTP, on the loopback alone
  }
}
