"""The instrument on trial: what the driver can do on this machine, and whether what it records is true."""
