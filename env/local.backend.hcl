bucket       = "scandrop-tfstate-000000000000"
key          = "local.tfstate"
region       = "us-east-1"
use_lockfile = true
