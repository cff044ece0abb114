"""What the two alarm-centre protocols share and are made of: codes, frames, XML, and what an answer means."""
