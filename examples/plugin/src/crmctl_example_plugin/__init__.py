"""An example of a package that adds a step to crmctl; the step is in `keep_recent`."""
