"""Event studies: what followed an event, against matched bars without it."""
