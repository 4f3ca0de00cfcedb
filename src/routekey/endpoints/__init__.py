"""Who speaks to us: parse, call one story, render. No decisions here."""
