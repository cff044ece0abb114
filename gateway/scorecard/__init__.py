"""How good detection is, on recordings of real homes and bodies: tables, JSON and plots that anyone can make again."""
