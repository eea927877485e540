// The page "Shop floor".

import { ShopFloorScreen } from "./pages/shop_floor";

frappe.provide("frappe.perf_flow");
frappe.perf_flow.shop_floor = (wrapper) => {
	wrapper.shop_floor = new ShopFloorScreen(wrapper);
};
