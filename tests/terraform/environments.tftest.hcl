# Every environment of env/ plans, and what sets one apart from another arrives.

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

  assert {
    condition = output.environments["local"].settings.image == {
      filter     = "lanczos", half_percent = 50, max_frames = 500, max_pixels = 100000000, max_total_pixels = 500000000, model_px = 224,
      preview_px = 256, quality = 85, web_formats = tolist(["webp", "jpeg", "png"]), web_height_px = 600, web_width_px = 800
    }
    error_message = "The image lane's defaults are those of its processor."
  }

  assert {
    condition = jsonencode(output.environments["local"].settings.dicom) == jsonencode({
      burned_in  = "reject", clean_descriptors = false, dates = "modified", filter = "lanczos", frames = "middle", mask_rules = "", max_decoded_bytes = 2000000000,
      max_frames = 5000, max_pixels = 50000000, model_px = 224, preview_px = 256, retain = [], without_pixels = "header", words = []
    })
    error_message = "The dicom lane's defaults are those of its processor."
  }

  assert {
    condition = jsonencode(output.environments["local"].settings.record) == jsonencode({
      fields = ["patient_id", "patient_name"], max_record_bytes = 4194304, max_rejects = 1000000, pseudonymised_fields = []
    })
    error_message = "The record lane's defaults are those of its processor, which knows the schema."
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

  variables {
    environment  = run.dev_file.environment
    environments = run.dev_file.environments
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
    condition     = local.architectures["dev"] == "arm64"
    error_message = "AWS runs the functions on arm64."
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

# The file names nobody to tell of alarms until somebody puts that in, and each plan says so.
run "prod" {
  command         = plan
  expect_failures = [check.somebody_is_told]

  variables {
    environment  = run.prod_file.environment
    environments = run.prod_file.environments
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
    condition     = local.architectures["prod"] == "arm64"
    error_message = "AWS runs the functions on arm64."
  }

  assert {
    condition     = local.environment.tls_only && local.environment.permissions_boundary == "scandrop-prod-boundary"
    error_message = "On AWS, TLS is required and every role is bounded."
  }

  assert {
    condition     = local.environment.deletion_protection && local.environment.log_retention_days == 90
    error_message = "Prod is kept from deletion, and its logs for 90 days."
  }

  assert {
    condition     = output.environments["prod"].pseudonymous_keys
    error_message = "No raw key goes past prod's raw bucket."
  }

  assert {
    condition     = jsonencode(local.environment.record.fields) == jsonencode(["patient_id"]) && jsonencode(local.environment.record.pseudonymised_fields) == jsonencode(local.environment.record.fields)
    error_message = "Every field of a record that prod lets through is a pseudonym."
  }

  assert {
    condition     = length(local.environment.dicom.retain) == 0 && local.environment.dicom.burned_in == "reject" && local.environment.dicom.dates != "full" && !local.environment.dicom.clean_descriptors
    error_message = "Prod's DICOM objects keep nothing beyond the Basic Profile, and none with text in its pixels goes through."
  }
}
