# Put your account's id here and in prod.backend.hcl, and who is to be told of alarms.
# For real patients: what goes on of their keys and records goes as pseudonyms.
environment = "prod"

environments = {
  prod = {
    alert_emails         = []
    aws_account_id       = "222222222222"
    log_retention_days   = 90
    permissions_boundary = "scandrop-prod-boundary"
    pseudonymous_keys    = true # a family name in a file name goes no further than the raw bucket
    region               = "eu-central-1"

    # The pseudonym that the patient's DICOM objects have too, and no name: equal ones would still show as equal.
    record = { fields = ["patient_id"], pseudonymised_fields = ["patient_id"] }
  }
}
