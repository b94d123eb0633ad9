/** Text in the format of libconfig (https://hyperrealm.github.io/libconfig/): reading, writing, and its values. */
export {
  arrayValue,
  booleanValue,
  type ConfigArray,
  type ConfigBoolean,
  type ConfigFloat,
  type ConfigGroup,
  type ConfigInteger,
  type ConfigList,
  type ConfigScalar,
  type ConfigSetting,
  type ConfigString,
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
export { parseLibconfig, parseLibconfigValue, type ReadConfigOptions } from "./libconfig_reader.ts";
export { errorAt } from "./libconfig_source.ts";
export { formatLibconfig, formatLibconfigValue } from "./libconfig_writer.ts";
