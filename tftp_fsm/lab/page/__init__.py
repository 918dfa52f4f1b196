"""The page of the lab: small files of plain JavaScript and CSS, which `build` joins."""
