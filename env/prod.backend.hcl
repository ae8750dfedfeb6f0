bucket       = "scandrop-tfstate-222222222222"
key          = "prod.tfstate"
region       = "eu-central-1"
use_lockfile = true
