# Another environment's var file is refused by a state, for plan and destroy alike, because variables are checked in both.

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

variables {
  environment  = "dev"
  environments = { dev = { aws_account_id = "111111111111", alert_emails = ["on-call@example.org"], region = "us-east-1" } }
}

run "a_state_remembers_its_environment" {
  plan_options {
    target = [terraform_data.environment]
  }
}

run "its_own_var_file_is_taken" {
  command = plan

  assert {
    condition     = terraform_data.environment.input == "dev"
    error_message = "The state is dev's."
  }
}

run "another_var_file_is_refused" {
  command = plan

  variables {
    environment  = "prod"
    environments = { prod = { aws_account_id = "111111111111", region = "us-east-1" } }
  }

  expect_failures = [var.environment]
}
