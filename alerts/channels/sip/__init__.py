"""A SIP user agent of the size that MESSAGE needs (RFC 3261, RFC 3428): pure parts, thin sockets."""
