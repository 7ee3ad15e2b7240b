//! What each provider demands, one file a provider, as pure functions: HTTP request -> what came in, what to
//! send -> HTTP request, HTTP response -> what became of it.
