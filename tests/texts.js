// Every text of the browser's scripts, as JSON: [where, text] in which {1}, {2} are the values of a template literal.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parse } from "acorn";

const ROOT = join(import.meta.dirname, "..", "explorer", "elements", "frontend");
const MOST = 12; // alternatives of one text
const SELECT = new Set("querySelector querySelectorAll matches closest part find matchMedia getContext".split(" "));
const STYLES = new Set(["className", "class", "font", "gridTemplateColumns", "gridColumn", "transform", "margin"]);
const found = [];

/** All that an expression of literals can be, each as strings and places; null where it is something else. */
function forms(node) {
  if (node.type === "Literal") return typeof node.value === "string" ? [[node.value]] : null;
  if (node.type === "BinaryExpression" && node.operator === "+") {
    const left = forms(node.left), right = forms(node.right);
    return left && right && left.flatMap((a) => right.map((b) => [...a, ...b]));
  }
  if (node.type !== "TemplateLiteral") return null;
  let made = [[]];
  node.quasis.forEach((quasi, i) => {
    const value = node.expressions[i], values = value ? inside(value) : [[]];
    made = made.flatMap((one) => values.map((more) => [...one, quasi.value.cooked, ...more]));
  });
  return made.slice(0, MOST);
}

function inside(node) {
  if (node.type === "ConditionalExpression") return [...inside(node.consequent), ...inside(node.alternate)];
  return forms(node) ?? [[null]];
}

function walk(node, file) {
  if (!node || typeof node.type !== "string" || node.type === "ImportDeclaration") return;
  if (node.type === "CallExpression") {
    const { callee } = node, name = callee.name ?? callee.property?.name;
    if (SELECT.has(name)) return;
    if (name === "element") node.arguments.splice(0, 2); // its tag and class
  }
  if (node.type === "AssignmentExpression" && STYLES.has(node.left.property?.name)) return;
  if (node.type === "Property" && STYLES.has(node.key.name)) return;
  const made = forms(node);
  for (const form of made ?? []) {
    let n = 0;
    const text = form.map((part) => (part === null ? `{${(n += 1)}}` : part.replace(/[{}]/g, "$&$&"))).join("");
    found.push([`${file}:${node.loc.start.line}`, text]);
  }
  if (made && node.type === "BinaryExpression") return;
  for (const inner of Object.values(node).flat()) walk(inner, file);
}

for (const entry of readdirSync(ROOT, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !entry.name.endsWith(".js")) continue;
  const path = join(entry.parentPath, entry.name), name = join("explorer/elements/frontend", relative(ROOT, path));
  walk(parse(readFileSync(path, "utf8"), { ecmaVersion: "latest", sourceType: "module", locations: true }), name);
}
process.stdout.write(JSON.stringify(found.sort()));
