# What a person asks of logs and traces again and again. The embedded AWS has neither, so an environment says whether.

locals {
  lane_log_groups = [for lane in keys(var.lanes) : aws_cloudwatch_log_group.function[lane].name]

  # A metric's value is a list of one, hence its ".0". What begins with "record." is Lambda's own report of an invocation.
  queries = {
    "one object's way"    = "filter key = 'KEY' | fields @timestamp, lane, message, status, error_code, request_id | sort @timestamp asc"
    "slowest objects"     = "filter ispresent(DurationMs.0) | fields lane, DurationMs.0 / 1000 as seconds, DownloadMs, ProcessMs, UploadMs, BytesIn, key | sort seconds desc | limit 50"
    "rejections by code"  = "filter Rejected.0 = 1 | stats count(*) as objects by lane, error_code | sort objects desc"
    "tries that failed"   = "filter level = 'WARNING' and ispresent(error_code) | stats count(*) as tries by lane, error_code | sort tries desc"
    "cold starts"         = "filter type = 'platform.report' and ispresent(record.metrics.initDurationMs) | stats count(*) as starts, pct(record.metrics.initDurationMs, 50) as p50_ms, max(record.metrics.initDurationMs) as max_ms by @log"
    "memory near the end" = "filter type = 'platform.report' and record.metrics.maxMemoryUsedMB > 0.9 * record.metrics.memorySizeMB | fields @timestamp, @log, record.metrics.maxMemoryUsedMB as used_mb, record.metrics.memorySizeMB as of_mb, record.requestId | sort @timestamp desc"
    "cost by lane"        = "filter ispresent(CostUsd.0) | stats sum(CostUsd.0) as usd, count(*) as objects, avg(CostUsd.0) as usd_each by lane | sort usd desc"
  }
}

resource "aws_cloudwatch_query_definition" "this" {
  for_each = var.insights ? local.queries : {}

  name            = "${var.name}/${each.key}"
  log_group_names = local.lane_log_groups
  query_string    = replace(each.value, " | ", "\n| ")
}

resource "aws_xray_group" "this" {
  for_each = toset(var.insights ? [var.name] : [])

  group_name        = each.value
  filter_expression = join(" OR ", [for function in values(local.lane_functions) : "service(\"${function}\")"])

  insights_configuration {
    insights_enabled      = false
    notifications_enabled = false
  }
}
