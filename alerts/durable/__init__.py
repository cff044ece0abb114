"""What both stores, the home's and the station's, do so that a damaged file or a refusing disk costs nobody a call."""
