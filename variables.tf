# The same limits as in the processors' Settings; here they stop a plan, there a function that starts.
locals {
  dicom_choices = {
    burned_in      = ["mask", "pass", "reject"]
    dates          = ["full", "modified", "removed"]
    filter         = local.image_filters
    frames         = ["each", "middle"]
    without_pixels = ["header", "reject"]
  }
  dicom_retain               = ["device_identity", "institution_identity", "patient_characteristics", "safe_private", "uids"]
  image_filters              = ["bicubic", "bilinear", "box", "hamming", "lanczos"]
  image_web_formats          = ["jpeg", "png", "webp"]
  nifti_bold_dtypes          = ["float32", "int16"]
  nifti_in_order             = [["fd_strict_mm", "fd_scrub_mm"], ["warn_mean_fd_mm", "fail_mean_fd_mm"], ["fail_kept_percent", "warn_kept_percent"], ["fail_tsnr", "warn_tsnr"]]
  nifti_nuisance             = ["cosines", "global_signal", "motion24", "motion6", "outliers"]
  log_retention_choices_days = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]

  limits = {
    dicom = {
      max_decoded_bytes = [1, 10000000000]
      max_frames        = [1, 100000]
      max_pixels        = [1, 1000000000]
      model_px          = [1, 4096]
      preview_px        = [1, 4096]
    }
    door = {
      burst      = [1, 5000] # what an account's APIs may take together
      rate_per_s = [1, 10000]
    }
    image = {
      half_percent     = [1, 100]
      max_frames       = [1, 100000]
      max_pixels       = [1, 178956970]
      max_total_pixels = [1, 10000000000]
      model_px         = [1, 4096]
      preview_px       = [1, 4096]
      quality          = [1, 100]
      web_height_px    = [1, 16383]
      web_width_px     = [1, 16383]
    }
    lanes = {
      batch_size       = [1, 10] # more would need a batching window
      ephemeral_mb     = [512, 10240]
      max_concurrency  = [2, 1000]
      max_object_bytes = [1, 5497558138880]
      memory_mb        = [128, 10240]
      objective_s      = [60, 345600] # a queue keeps no message for longer
      timeout_s        = [1, 900]
    }
    nifti = {
      fail_kept_percent = [0, 100]
      fail_mean_fd_mm   = [0, 100]
      fail_tsnr         = [0, 10000]
      fd_scrub_mm       = [0.05, 10]
      fd_strict_mm      = [0.05, 10]
      high_pass_s       = [10, 10000]
      smoothing_fwhm_mm = [0, 30]
      std_dvars_scrub   = [1, 100]
      warn_kept_percent = [0, 100]
      warn_mean_fd_mm   = [0, 100]
      warn_tsnr         = [0, 10000]
    }
    nifti_whole = {
      grid_regions      = [2, 1000]
      max_run_bytes     = [1, 100000000000]
      max_volume_voxels = [1, 1000000000]
    }
    record = {
      max_record_bytes = [1048576, 67108864]
      max_rejects      = [0, 10000000]
    }
  }
}

variable "environment" {
  description = "The one environment that the var file and the state belong to: the key of `environments`."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.environment))
    error_message = "An environment's name is 2 to 12 lowercase letters and digits and begins with a letter, because bucket names hold it; got \"${var.environment}\"."
  }

  validation {
    condition     = contains(keys(var.environments), var.environment)
    error_message = "The var file names the environment \"${var.environment}\" and describes \"${join(", ", keys(var.environments))}\"."
  }

  validation {
    condition     = terraform_data.environment.input == var.environment
    error_message = "This state belongs to the environment \"${terraform_data.environment.input}\", the var file to \"${var.environment}\". Use env/${terraform_data.environment.input}.tfvars here, or initialize with env/${var.environment}.backend.hcl in a TF_DATA_DIR of its own."
  }
}

variable "environments" {
  description = <<-EOT
    The environment by its name. One var file describes one environment, so that an apply touches only that one.

    alert_emails: who is written to when an alarm is raised.
    architecture: arm64, x86_64, or host for that of the machine that built the packages.
    aws_account_id: the account it lives in; any other account's credentials are refused.
    deletion_protection: whether the table and full buckets refuse to be destroyed.
    dicom: the dicom lane's settings. Mask rules are a JSON file's path from the project's root. gpl_decoders attaches a
      GPLv3 layer, which alone decodes 12-bit JPEG Extended.
    door: the upload door: the web pages that may use it, how many requests it takes per second and at once, and whether a
      caller needs an API key besides the signature.
    image: the image lane's settings.
    lanes: per lane, what differs from lane_defaults in main.tf.
    insights: whether queries of Logs Insights and a group of X-Ray are kept; only the embedded AWS, which lacks them, needs false.
    log_retention_days: days after which log lines are gone.
    monthly_budget_usd: alert_emails are told when a month is about to cost more, or has; null for no budget.
    nifti: the nifti lane's settings. A parcellation is a label image's path from the project's root.
    notices: whom to tell when a batch is through, and for how long nothing was settled then; null for nobody.
    on_delete: what becomes of the derivatives of a raw object that is deleted: keep, or delete, with what the ledger tells of them.
    permissions_boundary: the name of the policy that bounds every role; env/bootstrap makes one.
    pseudonymous_keys: whether a raw key is known by its pseudonym in every derivative, log line and ledger item.
    record: the record lane's settings. A schema is JSON Schema for one record.
    region: the AWS region it lives in.
    settled_events: whether EventBridge is told of each settled object.
    tls_only: whether requests without TLS are refused; only the embedded AWS needs false.
    vpc: the functions' private network without a way to the internet, by the letters of its availability zones; null for none.
  EOT

  type = map(object({
    alert_emails        = optional(list(string), [])
    architecture        = optional(string, "arm64")
    aws_account_id      = string
    deletion_protection = optional(bool, true)
    dicom = optional(object({
      burned_in         = optional(string, "reject")
      clean_descriptors = optional(bool, false)
      dates             = optional(string, "modified")
      filter            = optional(string, "lanczos")
      frames            = optional(string, "middle")
      gpl_decoders      = optional(bool, false)
      mask_rules        = optional(string, "")
      max_decoded_bytes = optional(number, 2000000000)
      max_frames        = optional(number, 5000)
      max_pixels        = optional(number, 50000000)
      model_px          = optional(number, 224)
      preview_px        = optional(number, 512)
      retain            = optional(list(string), [])
      without_pixels    = optional(string, "header")
      words             = optional(list(string), [])
    }), {})
    door = optional(object({
      api_key_required = optional(bool, false)
      burst            = optional(number, 100)
      cors_origins     = optional(list(string), [])
      rate_per_s       = optional(number, 50)
    }), {})
    image = optional(object({
      filter           = optional(string, "lanczos")
      half_percent     = optional(number, 50)
      max_frames       = optional(number, 500)
      max_pixels       = optional(number, 100000000)
      max_total_pixels = optional(number, 500000000)
      model_px         = optional(number, 224)
      preview_px       = optional(number, 256)
      quality          = optional(number, 85)
      web_formats      = optional(list(string), ["webp", "jpeg", "png"])
      web_height_px    = optional(number, 600)
      web_width_px     = optional(number, 800)
    }), {})
    insights = optional(bool, true)
    lanes = optional(map(object({
      batch_size       = optional(number)
      ephemeral_mb     = optional(number)
      max_concurrency  = optional(number)
      max_object_bytes = optional(number)
      memory_mb        = optional(number)
      objective_s      = optional(number)
      timeout_s        = optional(number)
    })), {})
    log_retention_days = optional(number, 14)
    monthly_budget_usd = optional(number)
    nifti = optional(object({
      band_pass_hz      = optional(list(number), [0.008, 0.1])
      bold_dtype        = optional(string, "int16")
      fail_kept_percent = optional(number, 50)
      fail_mean_fd_mm   = optional(number, 0.5)
      fail_tsnr         = optional(number, 20)
      fd_scrub_mm       = optional(number, 0.5)
      fd_strict_mm      = optional(number, 0.2)
      grid_regions      = optional(number, 100)
      high_pass_s       = optional(number, 128)
      max_run_bytes     = optional(number, 3000000000)
      max_volume_voxels = optional(number, 64000000)
      nuisance          = optional(list(string), ["motion24"])
      parcellation      = optional(string, "")
      reference_volume  = optional(number)
      smoothing_fwhm_mm = optional(number, 6)
      std_dvars_scrub   = optional(number, 1.5)
      warn_kept_percent = optional(number, 80)
      warn_mean_fd_mm   = optional(number, 0.2)
      warn_tsnr         = optional(number, 40)
    }), {})
    notices = optional(object({
      emails        = list(string)
      quiet_minutes = optional(number, 10)
    }))
    on_delete            = optional(string, "keep")
    permissions_boundary = optional(string)
    pseudonymous_keys    = optional(bool, false)
    record = optional(object({
      fields               = optional(list(string), ["patient_id", "patient_name"])
      max_record_bytes     = optional(number, 4194304)
      max_rejects          = optional(number, 1000000)
      pseudonymised_fields = optional(list(string), [])
      schema               = optional(any)
    }), {})
    region         = string
    settled_events = optional(bool, false)
    tls_only       = optional(bool, true)
    vpc            = optional(object({ zones = optional(list(string), ["a", "b"]) }))
  }))

  validation {
    condition     = length(var.environments) == 1
    error_message = "A var file describes one environment, and this one has ${length(var.environments)}: ${join(", ", keys(var.environments))}."
  }

  validation {
    condition     = alltrue([for it in values(var.environments) : can(regex("^[0-9]{12}$", it.aws_account_id))])
    error_message = "aws_account_id is 12 digits in quotes, as aws sts get-caller-identity prints it."
  }

  validation {
    condition     = alltrue([for it in values(var.environments) : can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", it.region))])
    error_message = "region is the name of an AWS region, such as eu-central-1."
  }

  validation {
    condition     = alltrue([for it in values(var.environments) : contains(["arm64", "host", "x86_64"], it.architecture)])
    error_message = "architecture is arm64, x86_64, or host for that of the machine that built the packages."
  }

  validation {
    condition     = alltrue([for address in flatten([for it in values(var.environments) : it.alert_emails]) : can(regex("^[^@ ]+@[^@ ]+$", address))])
    error_message = "alert_emails holds e-mail addresses, such as [\"on-call@example.org\"]."
  }

  validation {
    condition     = alltrue([for it in values(var.environments) : try(it.monthly_budget_usd > 0, it.monthly_budget_usd == null)])
    error_message = "monthly_budget_usd is more than 0 US dollars; leave it out to have no budget."
  }

  validation {
    condition = alltrue([
      for notices in [for it in values(var.environments) : it.notices if it.notices != null] :
      alltrue([for address in notices.emails : can(regex("^[^@ ]+@[^@ ]+$", address))]) && notices.quiet_minutes >= 1 && notices.quiet_minutes <= 1440
    ])
    error_message = "notices has e-mail addresses, such as { emails = [\"lab@example.org\"] }, and quiet_minutes from 1 to 1440."
  }

  validation {
    condition = alltrue([
      for zones in [for it in values(var.environments) : it.vpc.zones if it.vpc != null] :
      length(zones) >= 1 && length(zones) <= 4 && length(distinct(zones)) == length(zones) && alltrue([for zone in zones : can(regex("^[a-z]$", zone))])
    ])
    error_message = "vpc.zones lists 1 to 4 different letters of availability zones, such as [\"a\", \"b\"]."
  }

  validation {
    condition     = alltrue([for it in values(var.environments) : contains(["delete", "keep"], it.on_delete)])
    error_message = "on_delete is keep, or delete to have derivatives go with their raw objects."
  }

  validation {
    condition     = alltrue([for it in values(var.environments) : contains(local.log_retention_choices_days, it.log_retention_days)])
    error_message = "CloudWatch keeps log lines for one of these numbers of days: ${join(", ", local.log_retention_choices_days)}."
  }

  validation {
    condition     = alltrue([for it in values(var.environments) : length(setsubtract(keys(it.lanes), keys(local.lane_files))) == 0])
    error_message = "lanes may have the keys ${join(", ", keys(local.lane_files))}."
  }

  validation {
    condition = alltrue(flatten([
      for it in values(var.environments) : [
        for lane in values(it.lanes) : [
          for name, range in local.limits.lanes : lane[name] == null ? true : lane[name] == floor(lane[name]) && lane[name] >= range[0] && lane[name] <= range[1]
        ]
      ]
    ]))
    error_message = "A lane's numbers are whole and within: ${join("; ", [for name, range in local.limits.lanes : "${name} ${range[0]} to ${range[1]}"])}."
  }

  validation {
    condition = alltrue(flatten([
      for it in values(var.environments) : [
        for name, range in local.limits.dicom : it.dicom[name] == floor(it.dicom[name]) && it.dicom[name] >= range[0] && it.dicom[name] <= range[1]
      ]
    ]))
    error_message = "These dicom settings are whole numbers within: ${join("; ", [for name, range in local.limits.dicom : "${name} ${range[0]} to ${range[1]}"])}."
  }

  validation {
    condition     = alltrue(flatten([for it in values(var.environments) : [for name, choices in local.dicom_choices : contains(choices, it.dicom[name])]]))
    error_message = "These dicom settings are one of: ${join("; ", [for name, choices in local.dicom_choices : "${name} ${join(", ", choices)}"])}."
  }

  validation {
    condition     = alltrue([for it in values(var.environments) : length(setsubtract(it.dicom.retain, local.dicom_retain)) == 0])
    error_message = "dicom.retain lists any of ${join(", ", local.dicom_retain)}."
  }

  validation {
    condition     = alltrue([for word in flatten([for it in values(var.environments) : it.dicom.words]) : can(regex("^[\\p{L}\\p{N}]+$", word))])
    error_message = "dicom.words lists words of letters and digits, one by one, such as [\"abdomen\", \"T2\"]."
  }

  validation {
    condition     = alltrue([for it in values(var.environments) : it.dicom.mask_rules == "" ? true : endswith(it.dicom.mask_rules, ".json") && try(fileexists("${path.root}/${it.dicom.mask_rules}"), false)])
    error_message = "dicom.mask_rules is the path of a .json file from the project's root, and there is none."
  }

  validation {
    condition     = alltrue([for it in values(var.environments) : it.dicom.burned_in != "mask" || it.dicom.mask_rules != ""])
    error_message = "dicom.burned_in = \"mask\" covers what dicom.mask_rules says. Name that file too."
  }

  validation {
    condition     = alltrue([for it in values(var.environments) : length(jsonencode(it.dicom)) < 2500])
    error_message = "The dicom settings take 2,500 bytes or more as JSON, and a function's environment holds 4,096 in all. Shorten the words."
  }

  validation {
    condition = alltrue([
      for origin in flatten([for it in values(var.environments) : it.door.cors_origins]) :
      can(regex("^(https://[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*|http://(localhost|127\\.0\\.0\\.1))(:[1-9][0-9]*)?$", origin)) && try(tonumber(regex(":([0-9]+)$", origin)[0]) <= 65535, true)
    ])
    error_message = "door.cors_origins lists web pages' origins by https and without a path, such as [\"https://viewer.example.org\"]; by http only those of this machine, such as [\"http://localhost:8080\"]."
  }

  validation {
    condition     = alltrue([for it in values(var.environments) : !(it.door.api_key_required && it.aws_account_id == local.embedded_account)])
    error_message = "The embedded AWS cannot keep API keys. Leave door.api_key_required out of its var file."
  }

  validation {
    condition = alltrue(flatten([
      for it in values(var.environments) : [
        for name, range in local.limits.door : it.door[name] == floor(it.door[name]) && it.door[name] >= range[0] && it.door[name] <= range[1]
      ]
    ]))
    error_message = "The door takes whole numbers of requests within: ${join("; ", [for name, range in local.limits.door : "${name} ${range[0]} to ${range[1]}"])}."
  }

  validation {
    condition = alltrue(flatten([
      for it in values(var.environments) : [
        for name, range in local.limits.image : it.image[name] == floor(it.image[name]) && it.image[name] >= range[0] && it.image[name] <= range[1]
      ]
    ]))
    error_message = "The image settings are whole numbers within: ${join("; ", [for name, range in local.limits.image : "${name} ${range[0]} to ${range[1]}"])}."
  }

  validation {
    condition     = alltrue([for it in values(var.environments) : contains(local.image_filters, it.image.filter)])
    error_message = "image.filter is one of ${join(", ", local.image_filters)}."
  }

  validation {
    condition = alltrue([
      for it in values(var.environments) : length(it.image.web_formats) > 0 && length(setsubtract(it.image.web_formats, local.image_web_formats)) == 0
    ])
    error_message = "image.web_formats lists one or more of ${join(", ", local.image_web_formats)}."
  }

  validation {
    condition = alltrue(flatten([
      for it in values(var.environments) : [
        for name, range in merge(local.limits.nifti, local.limits.nifti_whole) : it.nifti[name] >= range[0] && it.nifti[name] <= range[1]
      ]
    ]))
    error_message = "The nifti settings are within: ${join("; ", [for name, range in merge(local.limits.nifti, local.limits.nifti_whole) : "${name} ${range[0]} to ${range[1]}"])}."
  }

  validation {
    condition = alltrue(flatten([
      for it in values(var.environments) : [for pair in local.nifti_in_order : it.nifti[pair[0]] <= it.nifti[pair[1]]]
    ]))
    error_message = "The nifti thresholds are in order: ${join("; ", [for pair in local.nifti_in_order : "${pair[0]} is at most ${pair[1]}"])}."
  }

  validation {
    condition     = alltrue([for it in values(var.environments) : it.nifti.smoothing_fwhm_mm == 0 || it.nifti.smoothing_fwhm_mm >= 0.5])
    error_message = "nifti.smoothing_fwhm_mm is 0, for none, or at least 0.5."
  }

  validation {
    condition     = alltrue(flatten([for it in values(var.environments) : [for name, range in local.limits.nifti_whole : it.nifti[name] == floor(it.nifti[name])]]))
    error_message = "These nifti settings are whole numbers: ${join(", ", keys(local.limits.nifti_whole))}."
  }

  validation {
    condition = alltrue([
      for it in values(var.environments) : contains(local.nifti_bold_dtypes, it.nifti.bold_dtype) && length(setsubtract(it.nifti.nuisance, local.nifti_nuisance)) == 0
    ])
    error_message = "nifti.bold_dtype is one of ${join(", ", local.nifti_bold_dtypes)}, and nifti.nuisance lists any of ${join(", ", local.nifti_nuisance)}."
  }

  validation {
    condition = alltrue([
      for it in values(var.environments) : length(it.nifti.band_pass_hz) == 0 || try(
        length(it.nifti.band_pass_hz) == 2 && it.nifti.band_pass_hz[0] > 0 && it.nifti.band_pass_hz[0] < it.nifti.band_pass_hz[1], false
      )
    ])
    error_message = "nifti.band_pass_hz is two rising frequencies, such as [0.008, 0.1], or empty."
  }

  validation {
    condition     = alltrue([for it in values(var.environments) : try(it.nifti.reference_volume >= 0 && it.nifti.reference_volume == floor(it.nifti.reference_volume), true)])
    error_message = "nifti.reference_volume is the number of a volume, from 0; leave it out to have one picked."
  }

  validation {
    condition     = alltrue([for it in values(var.environments) : it.nifti.parcellation == "" ? true : can(regex("\\.nii(\\.gz)?$", it.nifti.parcellation)) && try(fileexists("${path.root}/${it.nifti.parcellation}"), false)])
    error_message = "nifti.parcellation is the path of a .nii or .nii.gz file from the project's root, and there is none."
  }

  validation {
    condition = alltrue(flatten([
      for it in values(var.environments) : [
        for name, range in local.limits.record : it.record[name] == floor(it.record[name]) && it.record[name] >= range[0] && it.record[name] <= range[1]
      ]
    ]))
    error_message = "The record settings are whole numbers within: ${join("; ", [for name, range in local.limits.record : "${name} ${range[0]} to ${range[1]}"])}."
  }

  validation {
    condition = alltrue([
      for it in values(var.environments) : length(it.record.fields) > 0 && length(distinct(it.record.fields)) == length(it.record.fields) && !contains(it.record.fields, "")
    ])
    error_message = "record.fields lists one or more different field names."
  }

  validation {
    condition = alltrue([
      for it in values(var.environments) : length(setsubtract(it.record.pseudonymised_fields, it.record.fields)) == 0 && length(distinct(it.record.pseudonymised_fields)) == length(it.record.pseudonymised_fields)
    ])
    error_message = "record.pseudonymised_fields lists different names that record.fields has, too."
  }

  validation {
    condition     = alltrue([for it in values(var.environments) : can(keys(it.record.schema)) || it.record.schema == null])
    error_message = "record.schema is a JSON Schema for one record, written as an object: { type = \"object\", required = [\"patient_id\"] }."
  }

  validation {
    condition     = alltrue([for it in values(var.environments) : length(jsonencode(it.record)) < 3000])
    error_message = "The record settings take 3,000 bytes or more as JSON, and a function's environment holds 4,096 in all. Shorten the schema."
  }
}
