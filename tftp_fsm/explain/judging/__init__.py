"""Judge each packet of a transfer when it comes: would the machine of this end send it now?"""
