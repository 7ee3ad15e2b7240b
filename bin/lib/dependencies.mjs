// Reads `cargo metadata` on standard input and compares it with the licences and bans of deny.toml.
import { readFileSync } from "node:fs";

const rules = readFileSync(process.argv[2], "utf8").replace(/#.*$/gm, "");

/** The quoted texts of a TOML array `name = [ ... ]` inside `[section]`. */
function listed(section, name) {
  const body = rules.split(/^\[/m).find((part) => part.startsWith(`${section}]`)) ?? "";
  const array = body.match(new RegExp(`^${name}\\s*=\\s*\\[([\\s\\S]*?)^\\]`, "m"))?.[1];
  if (array === undefined) throw new Error(`${process.argv[2]} has no ${name} in [${section}]`);
  return array;
}

const allowed = new Set([...listed("licenses", "allow").matchAll(/"([^"]+)"/g)].map((m) => m[1]));
const banned = new Set([...listed("bans", "deny").matchAll(/"([^"]+)"/g)].map((m) => m[1]));

/** Whether a licence expression (OR, AND, WITH, brackets, the old slash) can be met with allowed licences only. */
function acceptable(expression) {
  const tokens = expression.replaceAll("/", " OR ").match(/\(|\)|[^\s()]+/g) ?? [];
  let at = 0;
  const atom = () => {
    if (tokens[at] === "(") {
      at += 1;
      const inner = either();
      if (tokens[at] !== ")") return false;
      at += 1;
      return inner;
    }
    let name = tokens[at++];
    if (tokens[at] === "WITH") {
      name = `${name} WITH ${tokens[at + 1]}`;
      at += 2;
    }
    return allowed.has(name);
  };
  const both = () => {
    let all = atom();
    while (tokens[at] === "AND") {
      at += 1;
      all = atom() && all;
    }
    return all;
  };
  const either = () => {
    let any = both();
    while (tokens[at] === "OR") {
      at += 1;
      any = both() || any;
    }
    return any;
  };
  const met = either();
  return tokens.length > 0 && at === tokens.length && met;
}

const { packages } = JSON.parse(readFileSync(0, "utf8"));
const faults = [];
for (const { name, version, license } of packages) {
  if (banned.has(name)) faults.push(`${name} ${version} is banned (find who brings it: cargo tree -i ${name})`);
  if (!license) faults.push(`${name} ${version} names no licence`);
  else if (!acceptable(license)) faults.push(`${name} ${version} has the licence ${license}, which deny.toml does not allow`);
}
for (const fault of faults) console.error(fault);
console.log(`${packages.length} crates, ${faults.length} faults`);
process.exit(faults.length === 0 ? 0 : 1);
