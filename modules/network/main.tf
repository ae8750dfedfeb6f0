# A network without any way out, for an environment whose policy demands one: no internet gateway, no NAT, no peering.
# Functions reach AWS's services through endpoints, and through each endpoint only what is the environment's own.

locals {
  cidr = "10.0.0.0/24" # nothing is connected to it, so that it cannot collide, and functions share their addresses

  policies = {
    for service, resources in merge(var.gateways, var.interfaces) : service => jsonencode({
      Version   = "2012-10-17"
      Statement = [{ Sid = "OnlyOurs", Effect = "Allow", Principal = "*", Action = "${service}:*", Resource = resources }]
    })
  }
}

resource "aws_vpc" "this" {
  # checkov:skip=CKV2_AWS_12:nothing is in the default group; adopted, it would have no tag that the deploy role is held to
  cidr_block           = local.cidr
  enable_dns_hostnames = true # so that a service's usual name leads to its endpoint
  enable_dns_support   = true

  tags = { Name = var.name }
}

resource "aws_subnet" "private" {
  for_each = { for index, zone in var.zones : zone => cidrsubnet(local.cidr, 2, index) }

  vpc_id            = aws_vpc.this.id
  availability_zone = "${var.region}${each.key}"
  cidr_block        = each.value

  tags = { Name = "${var.name}-${each.key}" }
}

# Its only routes are those that the gateway endpoints put there.
resource "aws_route_table" "private" {
  vpc_id = aws_vpc.this.id

  tags = { Name = var.name }
}

resource "aws_route_table_association" "private" {
  for_each = aws_subnet.private

  route_table_id = aws_route_table.private.id
  subnet_id      = each.value.id
}

resource "aws_vpc_endpoint" "gateway" {
  for_each = var.gateways

  vpc_id            = aws_vpc.this.id
  policy            = local.policies[each.key]
  route_table_ids   = [aws_route_table.private.id]
  service_name      = "com.amazonaws.${var.region}.${each.key}"
  vpc_endpoint_type = "Gateway"

  tags = { Name = "${var.name}-${each.key}" }
}

resource "aws_vpc_endpoint" "interface" {
  for_each = var.interfaces

  vpc_id              = aws_vpc.this.id
  policy              = local.policies[each.key]
  private_dns_enabled = true
  security_group_ids  = [aws_security_group.endpoints.id]
  service_name        = "com.amazonaws.${var.region}.${each.key}"
  subnet_ids          = [for subnet in aws_subnet.private : subnet.id]
  vpc_endpoint_type   = "Interface"

  tags = { Name = "${var.name}-${each.key}" }
}

resource "aws_security_group" "endpoints" {
  name        = "${var.name}-endpoints"
  description = "Takes TLS from the functions"
  vpc_id      = aws_vpc.this.id

  ingress {
    description = "TLS from the functions, which are all there is"
    cidr_blocks = [local.cidr]
    from_port   = 443
    protocol    = "tcp"
    to_port     = 443
  }

  tags = { Name = "${var.name}-endpoints" }
}

# Rules are written here and not as resources of their own, so that whatever else is added is taken away again.
resource "aws_security_group" "functions" {
  name        = "${var.name}-functions"
  description = "Reaches the endpoints by TLS and nothing else"
  vpc_id      = aws_vpc.this.id

  egress {
    description     = "TLS to the gateway endpoints"
    from_port       = 443
    prefix_list_ids = [for endpoint in aws_vpc_endpoint.gateway : endpoint.prefix_list_id]
    protocol        = "tcp"
    to_port         = 443
  }

  egress {
    description     = "TLS to the interface endpoints"
    from_port       = 443
    protocol        = "tcp"
    security_groups = [aws_security_group.endpoints.id]
    to_port         = 443
  }

  tags = { Name = "${var.name}-functions" }
}

# Every packet that was refused: whoever reads one there has a function that wanted out.
resource "aws_flow_log" "refused" {
  log_destination      = "${var.log_bucket_arn}/network/"
  log_destination_type = "s3"
  traffic_type         = "REJECT"
  vpc_id               = aws_vpc.this.id

  tags = { Name = var.name }
}
