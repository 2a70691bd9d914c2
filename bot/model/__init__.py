"""The model server: the only room that speaks to one."""
