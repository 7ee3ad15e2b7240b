//! How many parts a text takes as SMS (3GPP TS 23.038, 23.040).
