terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100" # the root's providers.tf says which
    }
  }
}
