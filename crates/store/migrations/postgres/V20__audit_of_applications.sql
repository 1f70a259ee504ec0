-- Applications read their part of the log by its ids, which begin with their time.
CREATE INDEX two_factor_audit_log_by_application ON two_factor_audit_log (application_id, id);
