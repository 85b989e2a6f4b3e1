// The few words that scripts themselves say; pages are worded by the server.

const english: Record<string, string> = {
  网络不通: "Network unavailable",
  "没有连上服务器。请检查网络后重试，已填内容不会丢失。":
    "The server could not be reached. Check the network and try again; nothing you typed is lost.",
  确认: "Confirm",
  无数据: "No data",
  "地图暂时无法显示，请看右侧表格。": "The map cannot be shown; use the table instead.",
  正在上传: "Uploading",
  "上传完成，正在校验": "Uploaded, checking",
  关闭: "Close",
  复位: "Reset view",
};

/** The page's language, `zh` or `en`. */
export const language: "zh" | "en" = document.documentElement.lang.startsWith("en") ? "en" : "zh";

/** `zh` in the page's language. */
export function say(zh: string): string {
  return language === "zh" ? zh : (english[zh] ?? zh);
}

/** Whole numbers with thousands separators, decimals with at most two places. */
export function number(value: number): string {
  return value.toLocaleString("zh-CN", { maximumFractionDigits: 2 });
}
