import { type Module, packageOf, partOf } from "./modules.ts";

/** What a file may not do. `broken` names what it does all the same, one line each; nothing when it keeps the rule. */
export interface Rule {
  readonly name: string;
  readonly broken: (module: Module, all: readonly Module[]) => readonly string[];
}

const PROTOCOLS = ["saml", "oidc"];
/** server.ts and the files that it is split into stand directly below src/. */
const CONSTRUCTORS = /^src\/(?:[\w-]+\.ts$|cli\/)/;
const EXPRESS = ["express", "express-session"];
const XML = ["@xmldom/xmldom", "xml-crypto", "xml-encryption", "xpath", "xml2js"];

/** Classes that hold no part of the server, but one value or one handle of their maker. */
const VALUES = ["SqliteStatements"];

/** A driver, and the files that may name it. */
const DRIVERS: readonly { readonly packages: readonly string[]; readonly home: RegExp }[] = [
  { packages: ["redis", "@redis/client", "ioredis"], home: /^src\/volatile\/redis[\w-]*\.ts$/ },
  { packages: ["pg", "kysely"], home: /^src\/storage\// },
  { packages: ["node:sqlite"], home: /^src\/(storage\/|volatile\/embedded[\w-]*\.ts$)/ },
  { packages: XML, home: /^src\/saml\/xml\// },
  { packages: ["jose"], home: /^src\/(keys|oidc)\// },
];

/** The directions of the architecture. Each holds for every file below src/. */
export const RULES: readonly Rule[] = [
  {
    name: "model imports nothing",
    broken: (module) =>
      partOf(module.path) === "model" ? module.imports.filter((name) => !name.startsWith("src/model/")) : [],
  },
  {
    name: "decision imports the model alone",
    broken: (module) =>
      partOf(module.path) === "decision"
        ? module.imports.filter((name) => !/^src\/(model|decision)\//.test(name))
        : [],
  },
  {
    name: "nothing in decision is async",
    broken: (module) =>
      partOf(module.path) === "decision" ? found(module, /\b(?:async|await|Promise)\b/g) : [],
  },
  {
    name: "the two protocols never import each other",
    broken: (module) =>
      PROTOCOLS.includes(partOf(module.path))
        ? importsFrom(
            module,
            PROTOCOLS.filter((part) => part !== partOf(module.path)),
          )
        : [],
  },
  {
    name: "login, account, tokens and the API import no protocol",
    broken: (module) =>
      ["login", "account", "tokens", "api"].includes(partOf(module.path))
        ? importsFrom(module, PROTOCOLS)
        : [],
  },
  {
    name: "only endpoints, http and the server know Express",
    broken: (module) =>
      module.path.endsWith("-endpoint.ts") ||
      ["http", "server.ts", "mount.ts", "token-checks.ts"].includes(partOf(module.path))
        ? []
        : module.imports.filter((name) => EXPRESS.includes(packageOf(name))),
  },
  {
    name: "a driver is named in one place",
    broken: (module) =>
      module.imports.filter((name) =>
        DRIVERS.some(({ packages, home }) => packages.includes(packageOf(name)) && !home.test(module.path)),
      ),
  },
  {
    name: "only the server, main and the command construct the parts",
    broken: (module, all) => (CONSTRUCTORS.test(module.path) ? [] : constructedFromElsewhere(module, all)),
  },
  {
    name: "no module keeps state",
    broken: (module) => [...found(module, /^(?:export )?(?:let|var) .*$/gm), ...collections(module)],
  },
  {
    name: "time and randomness come in from outside",
    broken: (module) =>
      partOf(module.path) === "platform"
        ? []
        : found(
            module,
            /\bDate\.now\(\)|\bnew Date\(\)|\bperformance\.now\(\)|\bMath\.random\(\)|\brandom(?:Bytes|UUID|Int|FillSync)\(/g,
          ),
  },
  {
    name: "only the command writes to the console",
    broken: (module) => (partOf(module.path) === "cli" ? [] : found(module, /\bconsole\.\w+/g)),
  },
];

/** Every broken rule, as `rule: file: what`. */
export function violations(modules: readonly Module[]): readonly string[] {
  return RULES.flatMap((rule) =>
    modules.flatMap((module) =>
      rule.broken(module, modules).map((what) => `${rule.name}: ${module.path}: ${what}`),
    ),
  );
}

function importsFrom(module: Module, parts: readonly string[]): readonly string[] {
  return module.imports.filter((name) => parts.some((part) => name.startsWith(`src/${part}/`)));
}

function found(module: Module, pattern: RegExp): string[] {
  return [...withoutComments(module.text).matchAll(pattern)].map((match) => match[0]);
}

/** Collections of a module that are filled at run time. One that is made with its content and never changed is a table. */
function collections(module: Module): readonly string[] {
  const text = withoutComments(module.text);
  const made = /^(?:export )?const (\w+)[^=\n]*= new (?:Map|Set|WeakMap|WeakSet)\b(?:<[^\n]*>)?\((\)?)/gm;
  return [...text.matchAll(made)]
    .filter(([, name, empty]) => empty === ")" || changed(text, name ?? ""))
    .map(([line]) => line);
}

function changed(text: string, name: string): boolean {
  return new RegExp(`\\b${name}\\.(?:set|add|delete|clear)\\(`).test(text);
}

/** `new X` where X is a class of another folder and no error: a part that belongs into server.ts. */
function constructedFromElsewhere(module: Module, all: readonly Module[]): readonly string[] {
  const text = withoutComments(module.text);
  return all
    .filter((other) => module.imports.includes(other.path) && partOf(other.path) !== partOf(module.path))
    .flatMap((other) => [...other.text.matchAll(/^export class (\w+)\b([^{]*)\{/gm)])
    .filter(([, , heritage]) => !/extends \w*Error\b/.test(heritage ?? ""))
    .flatMap(([, name]) => name ?? [])
    .filter((name) => !VALUES.includes(name) && new RegExp(`\\bnew ${name}\\(`).test(text));
}

/** Line comments after a blank and block comments are cut; a `//` inside an address has no blank before it. */
function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/(^|\s)\/\/.*$/gm, "$1");
}
