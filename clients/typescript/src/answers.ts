/** What Twinlock answers. Times are RFC 3339. */

/** What was proved, about whom. `acr` is "2" when a factor was proved now. */
export interface Approval {
  user_id: string;
  method: string | null;
  amr: string[];
  acr: string;
  auth_time: string;
  recovery_codes_remaining: number;
  device_token?: string;
  device_expires_at?: string;
}

/** A factor that a challenge can be answered with. */
export interface Method {
  id: string;
  method: string;
  label: string;
  destination: string | null;
}

/** Decide by `status`: "not_required" (`result` is there), "pending", "enrollment_required" or "locked". */
export interface Challenge {
  id: string;
  status: string;
  why: string;
  methods: Method[];
  preferred: string | null;
  code_sent: boolean;
  delivery: string | null;
  next_send_at: string | null;
  attempts_left: number;
  expires_at: string;
  text?: string;
  url?: string;
  result?: Approval;
}

export interface CodeSent {
  method: string;
  destination: string;
  delivery: string;
  next_send_at: string;
  sends_left: number;
}

export interface Factor extends Method {
  preferred: boolean;
  created_at: string;
  last_used_at: string | null;
}

/** `status` is "pending" until its first code, or "active". Secret and codes are to be shown once and kept nowhere. */
export interface AddedFactor {
  id: string;
  method: string;
  status: string;
  label?: string;
  destination?: string;
  expires_at?: string;
  secret?: string;
  qr_code?: string;
  qr_code_image?: string;
  recovery_codes: string[];
}

export interface User {
  id: string;
  email: string | null;
  phone: string | null;
  name: string | null;
  is_enabled: boolean;
  preferred_method: string | null;
  factors: Factor[];
  recovery_codes_remaining: number;
  trusted_devices: number;
  locked_until: string | null;
  created_at: string;
}

export interface Device {
  id: string;
  name: string;
  ip_address: string | null;
  created_at: string;
  last_used_at: string;
  expires_at: string;
}
