bucket       = "scandrop-tfstate-111111111111"
key          = "dev.tfstate"
region       = "eu-central-1"
use_lockfile = true
