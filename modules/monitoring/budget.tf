# What the environment may cost a month, by the tag that everything of it carries.

locals {
  budgets = var.monthly_budget_usd == null ? {} : { (var.name) = var.monthly_budget_usd }

  budget_notices = {
    FORECASTED = 80
    ACTUAL     = 100
  }
}

resource "aws_budgets_budget" "this" {
  for_each = local.budgets

  name         = each.key
  budget_type  = "COST"
  limit_amount = format("%.2f", each.value)
  limit_unit   = "USD"
  time_unit    = "MONTHLY"

  cost_filter {
    name   = "TagKeyValue"
    values = [format("user:scandrop$%s", var.environment)] # "$$" before a brace would be no dollar sign
  }

  dynamic "notification" {
    for_each = local.budget_notices

    content {
      comparison_operator       = "GREATER_THAN"
      notification_type         = notification.key
      subscriber_sns_topic_arns = [aws_sns_topic.alarms.arn]
      threshold                 = notification.value
      threshold_type            = "PERCENTAGE"
    }
  }

  depends_on = [aws_sns_topic_policy.alarms]
}
