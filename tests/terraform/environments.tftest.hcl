# Every environment of env/ plans, and has what it must have. What else a var file says is its owner's choice, so that nothing
# here holds it to more; what is chosen by nobody is in settings.tftest.hcl.

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

run "local_file" {
  module {
    source = "./tests/terraform/tfvars"
  }

  variables {
    name = "local"
  }
}

run "local" {
  command = plan

  variables {
    environment  = run.local_file.environment
    environments = run.local_file.environments
  }

  assert {
    condition     = keys(output.environments) == ["local"] && output.environments["local"].ledger_table == "scandrop-local-ledger"
    error_message = "The var file describes its own environment alone."
  }

  assert {
    condition     = sort(keys(output.environments["local"].settings)) == sort(keys(jsondecode(file("lambda_src/scandrop/lanes.json"))))
    error_message = "Every lane that the handler knows stands."
  }

  assert {
    condition     = local.architectures["local"] == local.packages.host
    error_message = "The embedded AWS runs functions in this machine's architecture."
  }
}

run "dev_file" {
  module {
    source = "./tests/terraform/tfvars"
  }

  variables {
    name = "dev"
  }
}

run "dev" {
  command = plan

  # A plan warns where nobody is told of alarms; whether somebody is named is no matter of these tests.
  variables {
    environment  = run.dev_file.environment
    environments = { for name, it in run.dev_file.environments : name => merge(it, { alert_emails = ["on-call@example.org"] }) }
  }

  assert {
    condition     = keys(output.environments) == ["dev"] && output.environments["dev"].ledger_table == "scandrop-dev-ledger"
    error_message = "The var file describes its own environment alone."
  }

  assert {
    condition     = sort(keys(output.environments["dev"].settings)) == sort(keys(jsondecode(file("lambda_src/scandrop/lanes.json"))))
    error_message = "Every lane that the handler knows stands."
  }

  assert {
    condition     = local.environment.tls_only && local.environment.permissions_boundary == "scandrop-dev-boundary"
    error_message = "On AWS, TLS is required and every role is bounded."
  }
}

run "prod_file" {
  module {
    source = "./tests/terraform/tfvars"
  }

  variables {
    name = "prod"
  }
}

run "prod" {
  command = plan

  variables {
    environment  = run.prod_file.environment
    environments = { for name, it in run.prod_file.environments : name => merge(it, { alert_emails = ["on-call@example.org"] }) }
  }

  assert {
    condition     = keys(output.environments) == ["prod"] && output.environments["prod"].ledger_table == "scandrop-prod-ledger"
    error_message = "The var file describes its own environment alone."
  }

  assert {
    condition     = sort(keys(output.environments["prod"].settings)) == sort(keys(jsondecode(file("lambda_src/scandrop/lanes.json"))))
    error_message = "Every lane that the handler knows stands."
  }

  assert {
    condition     = local.environment.tls_only && local.environment.permissions_boundary == "scandrop-prod-boundary"
    error_message = "On AWS, TLS is required and every role is bounded."
  }

  assert {
    condition     = output.environments["prod"].pseudonymous_keys
    error_message = "No raw key goes past prod's raw bucket."
  }
}
