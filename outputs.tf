output "environments" {
  description = "What stands, by environment; the scandrop command reads it from the state."
  value = {
    for name, it in var.environments : name => {
      alarm_topic_arn        = module.monitoring[name].alarm_topic_arn
      api_url                = module.api[name].url
      audit_log_group        = module.pseudonyms[name].audit_log_group
      dashboard_url          = module.monitoring[name].dashboard_url
      dead_letter_queue_urls = { for lane, queue in module.queue[name].dead_letter_queues : lane => queue.url }
      functions              = module.lambda[name].functions
      ledger_table           = module.dynamodb[name].table_name
      log_groups             = module.monitoring[name].log_groups
      max_object_bytes       = { for lane, settings in local.lanes[name] : lane => settings.max_object_bytes }
      monthly_budget_usd     = it.monthly_budget_usd
      on_delete              = it.on_delete
      processed_bucket       = module.s3[name].bucket_names.processed
      pseudonym_secret_arn   = module.pseudonyms[name].secret_arn
      pseudonymous_keys      = it.pseudonymous_keys
      queue_urls             = module.queue[name].queue_urls
      raw_bucket             = module.s3[name].bucket_names.raw
      region                 = it.region
      reidentify_policy_arn  = module.pseudonyms[name].reidentify_policy_arn
      settings               = local.settings[name]
    }
  }
}

output "next" {
  description = "What to type next."
  value = {
    drop_a_file    = "scandrop upload FILE --env ${var.environment}"
    see_results    = "scandrop status --env ${var.environment}"
    read_the_logs  = "scandrop logs --follow --env ${var.environment}"
    see_the_graphs = module.monitoring[var.environment].dashboard_url
    see_failures   = "scandrop failures --env ${var.environment}"
  }
}
