/** Text in the format of libconfig (https://hyperrealm.github.io/libconfig/): reading, writing, and its values. */
export {
  arrayValue,
  booleanValue,
  type ConfigArray,
  type ConfigGroup,
  type ConfigList,
  type ConfigScalar,
  type ConfigValue,
  describeValue,
  floatValue,
  formatPosition,
  groupValue,
  integerValue,
  listValue,
  type Position,
  stringValue,
} from "./config_value.ts";
export { parseLibconfig, parseLibconfigValue } from "./libconfig_reader.ts";
export { errorAt } from "./libconfig_source.ts";
export { formatLibconfig } from "./libconfig_writer.ts";
