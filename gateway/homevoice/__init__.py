"""What the resident hears and sees at home: sentences that are true, through whatever can say them."""
