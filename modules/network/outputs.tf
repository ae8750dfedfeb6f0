output "services" {
  description = "The services that have an endpoint."
  value       = concat(keys(aws_vpc_endpoint.gateway), keys(aws_vpc_endpoint.interface))
}

output "vpc_config" {
  description = "Where functions are put."
  value = {
    security_group_ids = [aws_security_group.functions.id]
    subnet_ids         = [for subnet in aws_subnet.private : subnet.id]
  }

  # A function that started before its ways were there would fail, and raise alarms in a first apply.
  depends_on = [aws_route_table_association.private, aws_vpc_endpoint.gateway, aws_vpc_endpoint.interface]
}
