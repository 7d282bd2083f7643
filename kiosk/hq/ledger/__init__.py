"""HQ's database: the only room of HQ that speaks SQL. One module a subject; `store` owns the connection and its transactions."""
