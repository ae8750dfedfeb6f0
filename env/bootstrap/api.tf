# API Gateway writes access logs by one role of the whole account and region, which no environment may own: the first to
# be destroyed would take it from the others.

resource "aws_iam_role" "api_logs" {
  name               = "scandrop-api-logs"
  description        = "What API Gateway writes its access logs by"
  assume_role_policy = data.aws_iam_policy_document.api_logs.json
}

data "aws_iam_policy_document" "api_logs" {
  statement {
    sid     = "ApiGatewayAssumes"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["apigateway.amazonaws.com"]
    }
  }
}

resource "aws_iam_role_policy_attachment" "api_logs" {
  role       = aws_iam_role.api_logs.name
  policy_arn = "arn:${local.partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
}

resource "aws_api_gateway_account" "this" {
  cloudwatch_role_arn = aws_iam_role.api_logs.arn

  depends_on = [aws_iam_role_policy_attachment.api_logs]
}
