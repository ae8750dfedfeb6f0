data "aws_partition" "current" {}

locals {
  environment = var.environments[var.environment]

  embedded_account = "000000000000" # AWS gives no account this id

  # The same lanes, suffixes and layers that the handler reads.
  lane_files = jsondecode(file("${path.root}/lambda_src/scandrop/lanes.json"))

  # What `./deploy.sh build` made: the handler, and the layers of each architecture.
  packages = jsondecode(file("${path.root}/build/packages.json"))

  # An objective leaves room for a retry after a function that died: six timeouts. So an alarm means more than that.
  lane_defaults = {
    dicom  = { memory_mb = 2048, timeout_s = 180, ephemeral_mb = 6144, batch_size = 10, max_concurrency = 50, max_object_bytes = 1000 * pow(1000, 2), objective_s = 2400 }
    image  = { memory_mb = 2048, timeout_s = 180, ephemeral_mb = 1024, batch_size = 4, max_concurrency = 50, max_object_bytes = 200 * pow(1000, 2), objective_s = 2400 }
    nifti  = { memory_mb = 3008, timeout_s = 900, ephemeral_mb = 10240, batch_size = 1, max_concurrency = 20, max_object_bytes = 2 * pow(1000, 3), objective_s = 10800 }
    record = { memory_mb = 512, timeout_s = 600, ephemeral_mb = 4096, batch_size = 1, max_concurrency = 20, max_object_bytes = 2 * pow(1000, 3), objective_s = 7200 }
    other  = { memory_mb = 256, timeout_s = 30, ephemeral_mb = 512, batch_size = 10, max_concurrency = 10, max_object_bytes = 5 * pow(1000, 3), objective_s = 900 }
  }

  # Functions besides the lanes' and the door's, where an environment asks for what they do.
  further_functions = { for name, it in var.environments : name => concat(it.settled_events ? ["herald"] : [], it.notices != null ? ["notices"] : []) }

  names         = { for name in keys(var.environments) : name => "scandrop-${name}" }
  architectures = { for name, it in var.environments : name => it.architecture == "host" ? local.packages.host : it.architecture }

  # By lane, as its processor takes them; a lane that an environment can set nothing of has none.
  settings = {
    for name, it in var.environments : name => merge(
      { for lane in keys(local.lane_files) : lane => try(it[lane], {}) },
      { dicom = local.dicom_settings[name], record = local.record_settings[name] },
    )
  }

  # Which decoders are there is a matter of the layers: the processor takes what it finds.
  dicom_settings = { for name, it in var.environments : name => { for key, value in it.dicom : key => value if key != "gpl_decoders" } }
  further_layers = { for name, it in var.environments : name => { dicom = it.dicom.gpl_decoders ? ["libjpeg"] : [] } }

  # The lanes that make pseudonyms: of patients, in records and of raw keys where an environment asks for it.
  keyed_lanes = {
    for name, it in var.environments : name =>
    it.pseudonymous_keys ? keys(local.lane_files) : concat(["dicom"], length(it.record.pseudonymised_fields) > 0 ? ["record"] : [])
  }

  # An environment without a schema of its own leaves it out, and the processor's default holds.
  record_settings = { for name, it in var.environments : name => { for key, value in it.record : key => value if value != null } }

  # What a setting names by its path from here lies in the artifacts bucket under its hash, so that a new file is a new key.
  asset_paths = {
    for name in keys(var.environments) : name => {
      for lane, files in local.lane_files : lane => {
        for setting in files.assets : setting => local.settings[name][lane][setting] if local.settings[name][lane][setting] != ""
      }
    }
  }
  assets = {
    for name, lanes in local.asset_paths : name => {
      for file in flatten([for paths in values(lanes) : values(paths)]) : file => "assets/${filesha256("${path.root}/${file}")}/${basename(file)}"
    }
  }

  lanes = {
    for name, it in var.environments : name => {
      for lane, files in local.lane_files : lane => merge(
        files,
        { layers = concat(files.layers, lookup(local.further_layers[name], lane, [])) },
        local.lane_defaults[lane],
        { for key, value in try(it.lanes[lane], {}) : key => value if value != null },
      )
    }
  }
}

# Written once with the environment's name. The validation of var.environment compares it ever after, so that
# another environment's var file is refused here before anything is planned or destroyed.
resource "terraform_data" "environment" {
  input = one(keys(var.environments))

  lifecycle {
    ignore_changes = [input]
  }
}

# A warning and no refusal: a first deployment may go without.
check "somebody_is_told" {
  assert {
    condition     = alltrue([for it in values(var.environments) : !it.deletion_protection || length(it.alert_emails) > 0])
    error_message = "Alarms of ${var.environment} reach nobody, though deletion_protection says that it matters: name who is told in alert_emails of env/${var.environment}.tfvars."
  }
}

module "kms" {
  source   = "./modules/kms"
  for_each = var.environments

  aws_account_id = each.value.aws_account_id
  name           = local.names[each.key]
}

module "s3" {
  source   = "./modules/s3"
  for_each = var.environments

  aws_account_id = each.value.aws_account_id
  cors_origins   = each.value.door.cors_origins
  flow_logs      = each.value.vpc != null
  force_destroy  = !each.value.deletion_protection
  kms_key_arn    = module.kms[each.key].key_arn
  name           = local.names[each.key]
  tls_only       = each.value.tls_only
}

module "dynamodb" {
  source   = "./modules/dynamodb"
  for_each = var.environments

  deletion_protection = each.value.deletion_protection
  kms_key_arn         = module.kms[each.key].key_arn
  name                = local.names[each.key]
  stream              = each.value.settled_events
}

module "pseudonyms" {
  source   = "./modules/pseudonyms"
  for_each = var.environments

  kms_key_arn    = module.kms[each.key].key_arn
  name           = local.names[each.key]
  raw_bucket_arn = module.s3[each.key].bucket_arns.raw
  recovery_days  = each.value.aws_account_id == local.embedded_account ? 0 : 7 # the embedded AWS is taken down and made anew all day
  table_arn      = module.dynamodb[each.key].table_arn
}

module "queue" {
  source   = "./modules/queue"
  for_each = var.environments

  aws_account_id = each.value.aws_account_id
  kms_key_arn    = module.kms[each.key].key_arn
  lanes          = { for lane, it in local.lanes[each.key] : lane => { suffixes = it.suffixes, timeout_s = it.timeout_s } }
  name           = local.names[each.key]
  on_delete      = each.value.on_delete
  raw_bucket     = "${local.names[each.key]}-raw-${each.value.aws_account_id}" # by name: waiting for all of module.s3 takes a minute
  tls_only       = each.value.tls_only
}

module "iam" {
  source   = "./modules/iam"
  for_each = var.environments

  aws_account_id = each.value.aws_account_id
  bucket_arns    = module.s3[each.key].bucket_arns
  door           = { secrets = each.value.pseudonymous_keys ? [module.pseudonyms[each.key].secret_arn] : [] }
  herald = !each.value.settled_events ? null : {
    dead_letter_arn = "arn:${data.aws_partition.current.partition}:sqs:${each.value.region}:${each.value.aws_account_id}:${local.names[each.key]}-herald-dead"
    event_bus_arn   = "arn:${data.aws_partition.current.partition}:events:${each.value.region}:${each.value.aws_account_id}:event-bus/default"
  }
  kms_key_arn = module.kms[each.key].key_arn
  lanes = {
    for lane, it in local.lanes[each.key] : lane => {
      dead_letter_arn = module.queue[each.key].dead_letter_queues[lane].arn
      forwards_to     = it.forwards_to
      reads           = [for file in values(local.asset_paths[each.key][lane]) : "${module.s3[each.key].bucket_arns.artifacts}/${local.assets[each.key][file]}"]
      secrets         = [for arn in [module.pseudonyms[each.key].secret_arn] : arn if contains(local.keyed_lanes[each.key], lane)]
    }
  }
  log_group_arns = module.monitoring[each.key].log_group_arns
  name           = local.names[each.key]
  network        = each.value.vpc != null
  notices = each.value.notices == null ? null : {
    topic_arn = "arn:${data.aws_partition.current.partition}:sns:${each.value.region}:${each.value.aws_account_id}:${local.names[each.key]}-notices"
  }
  on_delete            = each.value.on_delete
  permissions_boundary = each.value.permissions_boundary
  queue_arns           = module.queue[each.key].queue_arns
  table_arn            = module.dynamodb[each.key].table_arn
}

module "network" {
  source   = "./modules/network"
  for_each = { for name, it in var.environments : name => it if it.vpc != null }

  gateways = {
    dynamodb = [module.dynamodb[each.key].table_arn, "${module.dynamodb[each.key].table_arn}/index/*"]
    s3       = flatten([for role in ["artifacts", "processed", "raw"] : [module.s3[each.key].bucket_arns[role], "${module.s3[each.key].bucket_arns[role]}/*"]])
  }
  interfaces = merge(
    {
      secretsmanager = [module.pseudonyms[each.key].secret_arn]
      sqs            = concat(values(module.queue[each.key].queue_arns), [for queue in values(module.queue[each.key].dead_letter_queues) : queue.arn])
    },
    each.value.settled_events ? { events = ["arn:${data.aws_partition.current.partition}:events:${each.value.region}:${each.value.aws_account_id}:event-bus/default"] } : {},
    each.value.notices == null ? {} : { sns = ["arn:${data.aws_partition.current.partition}:sns:${each.value.region}:${each.value.aws_account_id}:${local.names[each.key]}-notices"] },
  )
  log_bucket_arn = "arn:${data.aws_partition.current.partition}:s3:::${module.s3[each.key].bucket_names.logs}" # its name is known once its policy stands
  name           = local.names[each.key]
  region         = each.value.region
  zones          = each.value.vpc.zones

  # A security group is destroyed once Lambda has taken its interfaces away, which takes the functions' roles.
  depends_on = [module.iam]
}

module "lambda" {
  source   = "./modules/lambda"
  for_each = var.environments

  architecture     = local.architectures[each.key]
  artifacts_bucket = module.s3[each.key].bucket_names.artifacts
  assets           = { for file, key in local.assets[each.key] : key => "${path.root}/${file}" }
  kms_key_arn      = module.kms[each.key].key_arn
  lanes            = local.lanes[each.key]
  log_groups       = module.monitoring[each.key].log_groups
  name             = local.names[each.key]
  packages         = { handler = local.packages.handler, layers = local.packages.layers[each.value.architecture] }
  queue_arns       = module.queue[each.key].queue_arns
  role_arns        = module.iam[each.key].role_arns
  vpc_config       = try(module.network[each.key].vpc_config, null)

  environment_variables = {
    for lane, it in local.lanes[each.key] : lane => merge(
      {
        POWERTOOLS_LOG_LEVEL           = "INFO"
        POWERTOOLS_METRICS_NAMESPACE   = "Scandrop"
        POWERTOOLS_SERVICE_NAME        = local.names[each.key] # keeps two environments of one account apart
        SCANDROP_DEAD_LETTER_QUEUE_URL = module.queue[each.key].dead_letter_queues[lane].url
        SCANDROP_LANE                  = lane
        SCANDROP_MAX_OBJECT_BYTES      = it.max_object_bytes
        SCANDROP_ON_DELETE             = each.value.on_delete
        SCANDROP_PROCESSED_BUCKET      = module.s3[each.key].bucket_names.processed
        SCANDROP_QUEUE_URL             = module.queue[each.key].queue_urls[lane]
        SCANDROP_RAW_BUCKET            = module.s3[each.key].bucket_names.raw
        SCANDROP_RECEIVES              = module.queue[each.key].max_receive_count
        SCANDROP_SETTINGS              = jsonencode(local.settings[each.key][lane])
        SCANDROP_TABLE                 = module.dynamodb[each.key].table_name
      },
      length(it.forwards_to) == 0 ? {} : {
        SCANDROP_QUEUE_URLS = jsonencode({ for to in it.forwards_to : to => module.queue[each.key].queue_urls[to] })
      },
      !contains(local.keyed_lanes[each.key], lane) ? {} : {
        SCANDROP_PSEUDONYM_SECRET_ARN = module.pseudonyms[each.key].secret_arn
        SCANDROP_PSEUDONYMOUS_KEYS    = each.value.pseudonymous_keys
      },
      length(local.asset_paths[each.key][lane]) == 0 ? {} : {
        SCANDROP_ASSETS = jsonencode({
          for setting, file in local.asset_paths[each.key][lane] : setting => { bucket = module.s3[each.key].bucket_names.artifacts, key = local.assets[each.key][file] }
        })
      },
    )
  }
}

module "api" {
  source   = "./modules/api"
  for_each = var.environments

  api_key_required   = each.value.door.api_key_required
  architecture       = local.architectures[each.key]
  burst              = each.value.door.burst
  cors_origins       = each.value.door.cors_origins
  kms_key_arn        = module.kms[each.key].key_arn
  layer_arn          = module.lambda[each.key].layer_arns["core"]
  log_group          = module.monitoring[each.key].log_groups["door"]
  log_retention_days = each.value.log_retention_days
  name               = local.names[each.key]
  package            = module.lambda[each.key].package
  rate_per_s         = each.value.door.rate_per_s
  role_arn           = module.iam[each.key].role_arns["door"]
  vpc_config         = try(module.network[each.key].vpc_config, null)

  environment_variables = merge(
    {
      POWERTOOLS_LOG_LEVEL         = "INFO"
      POWERTOOLS_METRICS_NAMESPACE = "Scandrop"
      POWERTOOLS_SERVICE_NAME      = local.names[each.key]
      SCANDROP_PROCESSED_BUCKET    = module.s3[each.key].bucket_names.processed
      SCANDROP_RAW_BUCKET          = module.s3[each.key].bucket_names.raw
      SCANDROP_TABLE               = module.dynamodb[each.key].table_name
    },
    !each.value.pseudonymous_keys ? {} : {
      SCANDROP_PSEUDONYM_SECRET_ARN = module.pseudonyms[each.key].secret_arn
      SCANDROP_PSEUDONYMOUS_KEYS    = true
    },
  )
}

module "monitoring" {
  source   = "./modules/monitoring"
  for_each = var.environments

  alert_emails      = each.value.alert_emails
  aws_account_id    = each.value.aws_account_id
  environment       = each.key
  further_functions = local.further_functions[each.key]
  insights          = each.value.insights
  kms_key_arn       = module.kms[each.key].key_arn
  lanes = {
    for lane, it in local.lanes[each.key] : lane => {
      dead_letter_queue = { name = module.queue[each.key].dead_letter_queues[lane].name }
      has_suffixes      = length(it.suffixes) > 0
      memory_mb         = it.memory_mb
      objective_s       = it.objective_s
      queue_name        = module.queue[each.key].queues[lane].name
      retry_s           = module.queue[each.key].queues[lane].visibility_timeout_s
    }
  }
  log_retention_days = each.value.log_retention_days
  monthly_budget_usd = each.value.monthly_budget_usd
  name               = local.names[each.key]
  tls_only           = each.value.tls_only
}

module "settled_events" {
  source   = "./modules/settled_events"
  for_each = { for name, it in var.environments : name => it if it.settled_events }

  architecture     = local.architectures[each.key]
  aws_account_id   = each.value.aws_account_id
  environment      = each.key
  kms_key_arn      = module.kms[each.key].key_arn
  log_group        = module.monitoring[each.key].log_groups["herald"]
  name             = local.names[each.key]
  package          = module.lambda[each.key].package
  processed_bucket = module.s3[each.key].bucket_names.processed
  role_arn         = module.iam[each.key].role_arns["herald"]
  stream_arn       = module.dynamodb[each.key].stream_arn
  tls_only         = each.value.tls_only
  vpc_config       = try(module.network[each.key].vpc_config, null)
}

module "notices" {
  source   = "./modules/notices"
  for_each = { for name, it in var.environments : name => it if it.notices != null }

  architecture           = local.architectures[each.key]
  dead_letter_queue_urls = { for lane, queue in module.queue[each.key].dead_letter_queues : lane => queue.url }
  emails                 = each.value.notices.emails
  environment            = each.key
  kms_key_arn            = module.kms[each.key].key_arn
  log_group              = module.monitoring[each.key].log_groups["notices"]
  name                   = local.names[each.key]
  package                = module.lambda[each.key].package
  queue_urls             = module.queue[each.key].queue_urls
  quiet_minutes          = each.value.notices.quiet_minutes
  role_arn               = module.iam[each.key].role_arns["notices"]
  table_name             = module.dynamodb[each.key].table_name
  tls_only               = each.value.tls_only
  vpc_config             = try(module.network[each.key].vpc_config, null)
}
