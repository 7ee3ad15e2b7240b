//! Development only: fake providers with state, people with phones.
