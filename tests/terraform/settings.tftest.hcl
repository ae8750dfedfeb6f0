# What an environment sets arrives, and what it must not set is refused.

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

run "a_lane_takes_what_is_set_and_keeps_the_rest" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", alert_emails = ["on-call@example.org"], region = "us-east-1", lanes = { image = { memory_mb = 3008 } } } }
  }

  assert {
    condition     = local.lanes["dev"].image.memory_mb == 3008 && local.lanes["dev"].image.timeout_s == 180
    error_message = "Only the memory changes."
  }
}

run "a_schema_goes_to_the_record_lane_as_it_is" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", alert_emails = ["on-call@example.org"], region = "us-east-1", record = {
      fields = ["id"]
      schema = { type = "object", required = ["id"], properties = { id = { type = ["string", "null"], maxLength = 12 } } }
    } } }
  }

  assert {
    condition     = jsonencode(output.environments["dev"].settings.record.schema) == jsonencode({ type = "object", required = ["id"], properties = { id = { type = ["string", "null"], maxLength = 12 } } })
    error_message = "The schema is handed over unchanged."
  }
}

run "every_lane_has_defaults_within_the_limits" {
  command = plan

  assert {
    condition = alltrue(flatten([
      for lane in values(local.lanes["dev"]) : [for name, range in local.limits.lanes : lane[name] >= range[0] && lane[name] <= range[1]]
    ]))
    error_message = "A default is out of the limits that are set for everyone."
  }
}

run "who_chooses_nothing_has_the_processors_defaults_on_arm64" {
  command = plan

  assert {
    condition     = local.architectures["dev"] == "arm64" && local.environment.deletion_protection && local.environment.log_retention_days == 14
    error_message = "AWS runs the functions on arm64, and nothing is deleted with them."
  }

  assert {
    condition = output.environments["dev"].settings.image == {
      filter     = "lanczos", half_percent = 50, max_frames = 500, max_pixels = 100000000, max_total_pixels = 500000000, model_px = 224,
      preview_px = 256, quality = 85, web_formats = tolist(["webp", "jpeg", "png"]), web_height_px = 600, web_width_px = 800
    }
    error_message = "The image lane's defaults are those of its processor."
  }

  assert {
    condition = jsonencode(output.environments["dev"].settings.dicom) == jsonencode({
      burned_in  = "reject", clean_descriptors = false, dates = "modified", filter = "lanczos", frames = "middle", mask_rules = "", max_decoded_bytes = 2000000000,
      max_frames = 5000, max_pixels = 50000000, model_px = 224, preview_px = 512, retain = [], without_pixels = "header", words = []
    })
    error_message = "The dicom lane's defaults are those of its processor."
  }

  assert {
    condition = jsonencode(output.environments["dev"].settings.record) == jsonencode({
      fields = ["patient_id", "patient_name"], max_record_bytes = 4194304, max_rejects = 1000000, pseudonymised_fields = []
    })
    error_message = "The record lane's defaults are those of its processor, which knows the schema."
  }
}

run "a_plan_warns_where_what_is_protected_tells_nobody_of_its_alarms" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1" } }
  }

  expect_failures = [check.somebody_is_told]
}

run "a_plan_says_nothing_where_nothing_is_protected" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", deletion_protection = false, region = "us-east-1" } }
  }
}

run "one_var_file_describes_one_environment" {
  command = plan

  variables {
    environments = {
      dev  = { aws_account_id = "111111111111", region = "us-east-1" }
      prod = { aws_account_id = "111111111111", region = "us-east-1" }
    }
  }

  expect_failures = [var.environments]
}

run "the_environment_named_is_the_one_described" {
  command = plan

  variables {
    environment = "prod"
  }

  expect_failures = [var.environment]
}

run "an_account_id_is_twelve_digits" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "1111", region = "us-east-1" } }
  }

  expect_failures = [var.environments]
}

run "a_region_has_the_form_of_one" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "Frankfurt" } }
  }

  expect_failures = [var.environments]
}

run "an_architecture_is_one_of_lambdas" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", architecture = "riscv" } }
  }

  expect_failures = [var.environments]
}

run "an_address_is_an_e_mail_address" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", alert_emails = ["on-call"] } }
  }

  expect_failures = [var.environments]
}

run "log_retention_is_one_of_cloudwatchs" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", log_retention_days = 15 } }
  }

  expect_failures = [var.environments]
}

run "an_unknown_lane_is_refused" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", lanes = { imagee = {} } } }
  }

  expect_failures = [var.environments]
}

run "a_lanes_memory_is_within_lambdas" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", lanes = { image = { memory_mb = 64 } } } }
  }

  expect_failures = [var.environments]
}

run "a_batch_needs_no_window" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", lanes = { image = { batch_size = 11 } } } }
  }

  expect_failures = [var.environments]
}

run "a_timeout_is_whole" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", lanes = { image = { timeout_s = 1.5 } } } }
  }

  expect_failures = [var.environments]
}

run "a_quality_is_at_most_100" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", image = { quality = 101 } } }
  }

  expect_failures = [var.environments]
}

run "a_filter_is_known" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", image = { filter = "sharp" } } }
  }

  expect_failures = [var.environments]
}

run "a_web_format_is_known" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", image = { web_formats = ["webp", "avif"] } } }
  }

  expect_failures = [var.environments]
}

run "a_record_has_fields" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", record = { fields = [] } } }
  }

  expect_failures = [var.environments]
}

run "fields_differ" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", record = { fields = ["id", "id"] } } }
  }

  expect_failures = [var.environments]
}

run "only_fields_that_go_through_are_pseudonymised" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", record = { fields = ["id"], pseudonymised_fields = ["name"] } } }
  }

  expect_failures = [var.environments]
}

run "pseudonymised_fields_differ" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", record = { pseudonymised_fields = ["patient_id", "patient_id"] } } }
  }

  expect_failures = [var.environments]
}

run "a_schema_is_an_object" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", record = { schema = "patient.schema.json" } } }
  }

  expect_failures = [var.environments]
}

run "a_schema_fits_a_functions_environment" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", record = { schema = { description = join("", [for n in range(400) : "too long"]) } } } }
  }

  expect_failures = [var.environments]
}

run "a_record_is_at_most_64_mib" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", record = { max_record_bytes = 67108865 } } }
  }

  expect_failures = [var.environments]
}

run "a_smoothing_width_is_within_limits" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", nifti = { smoothing_fwhm_mm = 31 } } }
  }

  expect_failures = [var.environments]
}

run "a_smoothing_width_is_none_or_can_be_told" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", nifti = { smoothing_fwhm_mm = 0.1 } } }
  }

  expect_failures = [var.environments]
}

run "a_strict_displacement_is_at_most_the_scrubbed_one" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", nifti = { fd_strict_mm = 0.6 } } }
  }

  expect_failures = [var.environments]
}

run "a_mean_displacement_warns_before_it_fails" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", nifti = { warn_mean_fd_mm = 0.6 } } }
  }

  expect_failures = [var.environments]
}

run "volumes_kept_warn_before_they_fail" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", nifti = { warn_kept_percent = 40 } } }
  }

  expect_failures = [var.environments]
}

run "a_tsnr_warns_before_it_fails" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", nifti = { warn_tsnr = 10 } } }
  }

  expect_failures = [var.environments]
}

run "regions_are_whole_in_number" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", nifti = { grid_regions = 2.5 } } }
  }

  expect_failures = [var.environments]
}

run "a_bold_dtype_is_known" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", nifti = { bold_dtype = "float64" } } }
  }

  expect_failures = [var.environments]
}

run "a_nuisance_is_known" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", nifti = { nuisance = ["motion12"] } } }
  }

  expect_failures = [var.environments]
}

run "a_band_rises" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", nifti = { band_pass_hz = [0.1, 0.008] } } }
  }

  expect_failures = [var.environments]
}

run "a_reference_volume_is_counted_from_zero" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", nifti = { reference_volume = -1 } } }
  }

  expect_failures = [var.environments]
}

run "a_parcellation_is_there" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", nifti = { parcellation = "missing.nii.gz" } } }
  }

  expect_failures = [var.environments]
}

run "a_parcellation_is_an_image" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", nifti = { parcellation = "main.tf" } } }
  }

  expect_failures = [var.environments]
}

run "a_parcellation_is_uploaded_under_its_hash_and_read_by_the_nifti_lane_alone" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", alert_emails = ["on-call@example.org"], region = "us-east-1", nifti = { parcellation = "tests/terraform/labels.nii" } } }
  }

  assert {
    condition     = local.assets["dev"] == { "tests/terraform/labels.nii" = "assets/${filesha256("tests/terraform/labels.nii")}/labels.nii" }
    error_message = "The key of an asset holds its hash."
  }

  assert {
    condition     = { for lane, paths in local.asset_paths["dev"] : lane => paths if length(paths) > 0 } == { nifti = { parcellation = "tests/terraform/labels.nii" } }
    error_message = "Only the nifti lane names one."
  }
}

run "mask_rules_are_uploaded_under_their_hash_and_read_by_the_dicom_lane_alone" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", alert_emails = ["on-call@example.org"], region = "us-east-1", dicom = { burned_in = "mask", mask_rules = "layers/budget.json" } } }
  }

  assert {
    condition     = local.assets["dev"] == { "layers/budget.json" = "assets/${filesha256("layers/budget.json")}/budget.json" }
    error_message = "The key of an asset holds its hash."
  }

  assert {
    condition     = { for lane, paths in local.asset_paths["dev"] : lane => paths if length(paths) > 0 } == { dicom = { mask_rules = "layers/budget.json" } }
    error_message = "Only the dicom lane names them."
  }
}

run "the_dicom_lane_alone_has_the_pseudonym_key" {
  command = plan

  assert {
    condition     = jsonencode(local.keyed_lanes["dev"]) == jsonencode(["dicom"])
    error_message = "A lane that makes no pseudonyms has no key to make them."
  }
}

run "the_record_lane_has_the_pseudonym_key_where_fields_of_it_are_pseudonymised" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", alert_emails = ["on-call@example.org"], region = "us-east-1", record = { pseudonymised_fields = ["patient_id"] } } }
  }

  assert {
    condition     = jsonencode(local.keyed_lanes["dev"]) == jsonencode(["dicom", "record"]) && !output.environments["dev"].pseudonymous_keys
    error_message = "It makes pseudonyms of patients, and raw keys stay as they are."
  }

  assert {
    condition     = jsonencode(output.environments["dev"].settings.record.pseudonymised_fields) == jsonencode(["patient_id"])
    error_message = "The processor is told which fields."
  }
}

run "every_lane_has_the_pseudonym_key_where_keys_are_pseudonymous" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", alert_emails = ["on-call@example.org"], region = "us-east-1", pseudonymous_keys = true } }
  }

  assert {
    condition     = jsonencode(local.keyed_lanes["dev"]) == jsonencode(keys(local.lane_files)) && output.environments["dev"].pseudonymous_keys
    error_message = "Every lane writes keys."
  }
}

run "derivatives_outlive_their_objects_where_nobody_asks_otherwise" {
  command = plan

  assert {
    condition     = output.environments["dev"].on_delete == "keep"
    error_message = "Nothing is deleted that nobody said to delete."
  }
}

run "derivatives_are_kept_or_deleted" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", on_delete = "archive" } }
  }

  expect_failures = [var.environments]
}

run "the_gpl_decoders_are_a_layer_that_nobody_has_who_does_not_ask" {
  command = plan

  assert {
    condition     = local.lanes["dev"].dicom.layers == ["core", "dicom"]
    error_message = "The lane runs on permissive licences."
  }
}

run "the_gpl_decoders_are_a_layer_and_no_setting_of_the_processor" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", alert_emails = ["on-call@example.org"], region = "us-east-1", dicom = { gpl_decoders = true } } }
  }

  assert {
    condition     = local.lanes["dev"].dicom.layers == ["core", "dicom", "libjpeg"] && !contains(keys(output.environments["dev"].settings.dicom), "gpl_decoders")
    error_message = "The layer is attached, and the processor is not told."
  }

  assert {
    condition     = alltrue([for lane, it in local.lanes["dev"] : lane == "dicom" || !contains(it.layers, "libjpeg")])
    error_message = "No other lane gets it."
  }
}

run "a_new_account_may_have_every_lane" {
  command = plan

  assert {
    condition     = max([for lane in values(local.lanes["dev"]) : lane.memory_mb]...) <= 3008
    error_message = "AWS gives a new account's functions no more memory, so the first apply would fail."
  }
}

run "every_lanes_layers_fit_into_lambda" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", alert_emails = ["on-call@example.org"], region = "us-east-1", dicom = { gpl_decoders = true } } }
  }

  assert {
    condition = alltrue(flatten([
      for layers in values(local.packages.layers) : [
        for it in values(local.lanes["dev"]) : local.packages.handler.unpacked_bytes + sum([for layer in it.layers : layers[layer].unpacked_bytes]) < 250 * pow(1000, 2)
      ]
    ]))
    error_message = "The code and all layers of a function are under 250 MB, unpacked."
  }
}

run "dates_are_kept_moved_or_removed" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", dicom = { dates = "shifted" } } }
  }

  expect_failures = [var.environments]
}

run "what_is_retained_is_an_option_of_the_standard" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", dicom = { retain = ["names"] } } }
  }

  expect_failures = [var.environments]
}

run "burned_in_text_is_treated_in_a_known_way" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", dicom = { burned_in = "blur" } } }
  }

  expect_failures = [var.environments]
}

run "masking_needs_rules" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", dicom = { burned_in = "mask" } } }
  }

  expect_failures = [var.environments]
}

run "mask_rules_are_there" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", dicom = { mask_rules = "missing.json" } } }
  }

  expect_failures = [var.environments]
}

run "mask_rules_are_json" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", dicom = { mask_rules = "main.tf" } } }
  }

  expect_failures = [var.environments]
}

run "frames_are_each_or_the_middle_one" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", dicom = { frames = "first" } } }
  }

  expect_failures = [var.environments]
}

run "an_object_without_pixels_gives_its_header_or_is_refused" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", dicom = { without_pixels = "ignore" } } }
  }

  expect_failures = [var.environments]
}

run "a_words_letters_are_letters" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", dicom = { words = ["two words"] } } }
  }

  expect_failures = [var.environments]
}

run "words_fit_a_functions_environment" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", dicom = { words = [for n in range(400) : "word${n}"] } } }
  }

  expect_failures = [var.environments]
}

run "frames_are_whole_in_number" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", dicom = { max_frames = 1.5 } } }
  }

  expect_failures = [var.environments]
}

run "pixels_in_a_frame_are_at_most_a_billion" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", dicom = { max_pixels = 1000000001 } } }
  }

  expect_failures = [var.environments]
}

run "who_asks_for_nothing_is_told_of_alarms_alone" {
  command = plan

  assert {
    condition     = length(module.settled_events) + length(module.notices) == 0 && length(setintersection(keys(module.monitoring["dev"].log_groups), ["herald", "notices"])) == 0
    error_message = "Events, notices and a budget cost nothing until somebody asks for them."
  }
}

run "events_notices_and_a_budget_are_asked_for" {
  command = plan

  variables {
    environments = { dev = {
      aws_account_id     = "111111111111", alert_emails = ["on-call@example.org"], region = "us-east-1"
      lanes              = { nifti = { objective_s = 3600 } }
      monthly_budget_usd = 50
      notices            = { emails = ["lab@example.org"] }
      settled_events     = true
    } }
  }

  assert {
    condition     = keys(module.settled_events) == ["dev"] && keys(module.notices) == ["dev"] && output.environments["dev"].monthly_budget_usd == 50
    error_message = "What was asked for stands."
  }

  assert {
    condition     = sort(keys(output.environments["dev"].log_groups)) == sort(concat(keys(local.lane_files), ["door", "herald", "notices"]))
    error_message = "The command line can show the log of each function."
  }

  assert {
    condition     = local.lanes["dev"].nifti.objective_s == 3600 && local.lanes["dev"].image.objective_s == 2400
    error_message = "Only the objective of one lane changes."
  }
}

run "a_budget_is_more_than_nothing" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", monthly_budget_usd = 0 } }
  }

  expect_failures = [var.environments]
}

run "a_notice_goes_to_an_address" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", notices = { emails = ["the lab"] } } }
  }

  expect_failures = [var.environments]
}

run "a_batch_is_through_after_a_minute_at_least" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", notices = { emails = [], quiet_minutes = 0 } } }
  }

  expect_failures = [var.environments]
}

run "no_objective_is_longer_than_a_queue_keeps_a_message" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", lanes = { image = { objective_s = 345601 } } } }
  }

  expect_failures = [var.environments]
}

run "without_a_word_functions_are_in_no_network" {
  command = plan

  assert {
    condition     = length(module.network) == 0
    error_message = "A private network is paid by the hour, so it is asked for."
  }
}

run "a_private_network_has_an_endpoint_for_each_service_that_a_function_calls" {
  command = plan

  variables {
    environments = { dev = {
      aws_account_id = "111111111111", alert_emails = ["on-call@example.org"], region = "us-east-1", notices = { emails = ["lab@example.org"] }, settled_events = true, vpc = {}
    } }
  }

  assert {
    condition     = length(module.network["dev"].vpc_config.subnet_ids) == 2 && sort(module.network["dev"].services) == tolist(["dynamodb", "events", "s3", "secretsmanager", "sns", "sqs"])
    error_message = "Functions are in two zones and reach what they call."
  }
}

run "a_private_network_pays_for_no_service_that_nobody_calls" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", alert_emails = ["on-call@example.org"], region = "us-east-1", vpc = { zones = ["b"] } } }
  }

  assert {
    condition     = length(module.network["dev"].vpc_config.subnet_ids) == 1 && sort(module.network["dev"].services) == tolist(["dynamodb", "s3", "secretsmanager", "sqs"])
    error_message = "Who is told of nothing needs neither EventBridge nor SNS."
  }
}

run "a_zone_is_a_letter" {
  command = plan

  variables {
    environments = { dev = { aws_account_id = "111111111111", region = "us-east-1", vpc = { zones = ["us-east-1a"] } } }
  }

  expect_failures = [var.environments]
}
