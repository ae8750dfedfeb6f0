# The dashboard, for somebody who was just woken: the first row says whether anything is wrong and what to type, the second
# what comes and goes, the third how long it takes, the next what it needs of memory and money, and the last what stands
# beside the lanes.

locals {
  to_type = <<-EOT
    ## ${var.environment}
    **Is anything wrong?** A red alarm says what it means, what to type, and which page of `docs/runbooks` goes on.

    ```
    scandrop watch --env ${var.environment}
    scandrop status --status failed --env ${var.environment}
    scandrop logs --since 1h --env ${var.environment}
    ```
    [Logs](${local.console}/cloudwatch/home?region=${local.region}#logsV2:logs-insights) · [Traces](${local.console}/cloudwatch/home?region=${local.region}#xray:traces) · [Functions](${local.console}/lambda/home?region=${local.region}#/functions?f0=true&fo=and&k0=functionName&n0=false&v0=${var.name}-) · [Queues](${local.console}/sqs/v3/home?region=${local.region}#/queues)
  EOT

  console = "https://${local.region}.console.aws.amazon.com"

  # One line per lane: of our own metrics, of its queues or of its function.
  ours = {
    for metric in ["AgeMs", "CostUsd", "DurationMs", "FailedTry", "PeakMemoryMb", "Rejected"] : metric => [
      for lane in keys(var.lanes) : ["Scandrop", metric, "lane", lane, "service", var.name, { label = lane }]
    ]
  }
  queues        = { for lane, it in var.lanes : lane => it.queue_name }
  dead_letters  = { for lane, it in var.lanes : lane => it.dead_letter_queue.name }
  per_queue     = { for metric in ["ApproximateAgeOfOldestMessage", "NumberOfMessagesSent"] : metric => [for lane, queue in local.queues : ["AWS/SQS", metric, "QueueName", queue, { label = lane }]] }
  per_function  = { for metric in ["Errors", "Throttles"] : metric => [for lane, function in local.lane_functions : ["AWS/Lambda", metric, "FunctionName", function, { label = "${lane} ${lower(metric)}" }]] }
  per_dead      = [for lane, queue in local.dead_letters : ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", queue, { label = lane }]]
  percentiles   = { for lane in keys(var.lanes) : lane => [for percentile in ["p50", "p95", "p99"] : ["Scandrop", "DurationMs", "lane", lane, "service", var.name, { label = percentile, stat = percentile }]] }
  memory_limits = { for lane, it in var.lanes : lane => { horizontal = [{ label = "memory_mb", value = it.memory_mb }] } }

  # Of what stands beside the lanes, where it does.
  further_graphs = {
    door = [
      { title = "Upload door: requests and refusals", stat = "Sum", metrics = [
        ["AWS/ApiGateway", "Count", "ApiName", "${var.name}-door", { label = "requests" }],
        ["AWS/ApiGateway", "4XXError", "ApiName", "${var.name}-door", { label = "refused" }],
        ["AWS/ApiGateway", "5XXError", "ApiName", "${var.name}-door", { label = "broken" }],
      ] },
      { title = "Upload door: time to answer in ms", metrics = [for percentile in ["p50", "p95"] : ["AWS/ApiGateway", "Latency", "ApiName", "${var.name}-door", { label = percentile, stat = percentile }]] },
    ]
    herald = [
      { title = "Events of settled objects: calls, of up to 100 each", stat = "Sum", metrics = [
        ["AWS/Lambda", "Invocations", "FunctionName", "${var.name}-herald", { label = "calls" }],
        ["AWS/Lambda", "Errors", "FunctionName", "${var.name}-herald", { label = "failed" }],
        ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", "${var.name}-herald-dead", { label = "given up", stat = "Maximum" }],
      ] },
      { title = "Events of settled objects: how late in ms", stat = "Maximum", metrics = [["AWS/Lambda", "IteratorAge", "FunctionName", "${var.name}-herald", { label = "the oldest" }]] },
    ]
    notices = [
      { title = "Notices of batches", stat = "Sum", metrics = [
        ["AWS/SNS", "NumberOfMessagesPublished", "TopicName", "${var.name}-notices", { label = "told" }],
        ["AWS/SNS", "NumberOfNotificationsFailed", "TopicName", "${var.name}-notices", { label = "not delivered" }],
        ["AWS/Lambda", "Errors", "FunctionName", "${var.name}-notices", { label = "failed" }],
      ] },
    ]
  }

  graphs = [
    [
      { title = "Arrivals", stat = "Sum", metrics = local.per_queue["NumberOfMessagesSent"] },
      { title = "Settled", stat = "SampleCount", metrics = local.ours["Rejected"] },
      { title = "Rejected", stat = "Sum", metrics = local.ours["Rejected"] },
      { title = "Tries that failed", stat = "Sum", metrics = local.ours["FailedTry"] },
    ],
    [
      { title = "Age of the oldest that waits, in seconds", stat = "Maximum", metrics = local.per_queue["ApproximateAgeOfOldestMessage"] },
      { title = "From arrival to settled, p95, in ms", stat = "p95", metrics = local.ours["AgeMs"] },
      { title = "Dead letters", stat = "Maximum", metrics = local.per_dead },
      { title = "Crashes and throttles of functions", stat = "Sum", metrics = concat(local.per_function["Errors"], local.per_function["Throttles"]) },
    ],
    [for lane in keys(var.lanes) : { title = "${lane}: duration in ms", metrics = local.percentiles[lane] }],
    [for lane in keys(var.lanes) : { title = "${lane}: most memory in MB", stat = "Maximum", annotations = local.memory_limits[lane], metrics = [
      ["Scandrop", "PeakMemoryMb", "lane", lane, "service", var.name, { label = "an object" }],
    ] }],
    [
      { title = "Cost in US dollars an hour, at list prices", stat = "Sum", period = 3600, stacked = true, metrics = local.ours["CostUsd"] },
      { title = "Functions at work at once", stat = "Maximum", metrics = [for lane, function in local.lane_functions : ["AWS/Lambda", "ConcurrentExecutions", "FunctionName", function, { label = lane }]] },
    ],
    flatten([for further, graphs in local.further_graphs : graphs if contains(keys(local.functions), further)]),
  ]

  # Twenty-four columns: each row's graphs share them, as whole numbers.
  graph_widgets = flatten([
    for row, graphs in local.graphs : [
      for column, graph in graphs : {
        type   = "metric"
        x      = floor(24 * column / length(graphs))
        y      = 6 + 6 * row
        width  = floor(24 * (column + 1) / length(graphs)) - floor(24 * column / length(graphs))
        height = 6
        properties = merge(
          { period = 300, region = local.region, view = "timeSeries", yAxis = { left = { min = 0, showUnits = false } } },
          graph,
        )
      }
    ]
  ])

  first_row = [
    { type = "text", x = 0, y = 0, width = 8, height = 6, properties = { markdown = local.to_type } },
    { type = "alarm", x = 8, y = 0, width = 16, height = 6, properties = {
      title  = "Alarms"
      alarms = [for alarm in sort(concat(keys(local.single_alarms), keys(local.share_alarms))) : "arn:${data.aws_partition.current.partition}:cloudwatch:${local.region}:${var.aws_account_id}:alarm:${var.name}-${alarm}"] # by name: a plan then shows the dashboard
      sortBy = "stateUpdatedTimestamp"
    } },
  ]
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name
  dashboard_body = jsonencode({ widgets = concat(local.first_row, local.graph_widgets) })
}
