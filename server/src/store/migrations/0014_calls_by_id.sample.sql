UPDATE phone_call SET sid = {sample_bytes:02}, sid_day = 20779;
