/** Runes everywhere: state that changes is written down as such. */
export default { compilerOptions: { runes: true } };
